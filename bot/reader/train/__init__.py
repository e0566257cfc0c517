"""Training the reader: `python -m bot.reader.train`. Needs torch and the data sets of the model card, and no hub."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # before transformers is imported, which reads it once
