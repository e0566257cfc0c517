"""Training the reader: `python -m bot.reader.train`. Needs torch and the data sets of the model card."""
