"""From a request to explained recommendations: people, scores, blend, rules, explanation."""
