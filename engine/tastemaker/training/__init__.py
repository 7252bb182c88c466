"""Training: snapshot → hold-out → fit → learn the blend → gate → release."""
