"""What an application may request: one typed `Request`, its JSON form, surfaces and pages."""
