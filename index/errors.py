"""Every failure this package raises on purpose, as one tree.

    TanyaError
    ├── SourceError       a file or record that cannot be read as an article
    ├── IndexStateError   the index on disk cannot be used as it is
    │   └── ModelMismatch     it was built with another embedding model
    ├── ModelError        an embedding model that cannot be loaded
    ├── NotFound          an article id that is not in the index
    └── QuestionError     a question or a question file that cannot be answered as given

Each message is one line: what was got, what was expected, what to do.
"""


class TanyaError(Exception):
    """Base of all errors a user can act on; its text is shown without a traceback."""


class SourceError(TanyaError):
    """A file or a record that cannot be read as an article."""


class IndexStateError(TanyaError):
    """The index on disk cannot be used as it is."""


class ModelMismatch(IndexStateError):
    """The index was built with another embedding model than the one configured."""


class ModelError(TanyaError):
    """An embedding model that cannot be loaded."""


class NotFound(TanyaError):
    """An article id that is not in the index."""


class QuestionError(TanyaError):
    """A question, a filter or a question file that cannot be answered as given."""
