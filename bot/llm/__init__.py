"""A language model words the answer: prompt -> model -> marks -> claims -> support."""
