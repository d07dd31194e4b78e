"""Coverage-guided fuzzing of the languages: `python -m tests.fuzzing LANGUAGE [SECONDS]`."""
