-- The store's tables (format 1). Chroma and the lexical index are derived from them.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE texts (id INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL UNIQUE, text TEXT NOT NULL);
CREATE TABLE versions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    article TEXT NOT NULL,
    number INTEGER NOT NULL,
    current INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    title TEXT NOT NULL,
    outlet TEXT,
    published TEXT,
    day TEXT,
    url TEXT,
    author TEXT,
    section TEXT,
    text INTEGER NOT NULL REFERENCES texts (id),
    added TEXT NOT NULL,
    UNIQUE (article, number)
);
CREATE UNIQUE INDEX one_current ON versions (article) WHERE current;
CREATE INDEX version_text ON versions (text, current);
CREATE INDEX version_day ON versions (day) WHERE current;
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    text INTEGER NOT NULL REFERENCES texts (id),
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    sentences BLOB NOT NULL
);
CREATE INDEX chunk_text ON chunks (text);
-- Vectors lie apart: reading passages must not drag them through memory.
CREATE TABLE vectors (chunk INTEGER PRIMARY KEY REFERENCES chunks (id), vector BLOB NOT NULL);
CREATE TABLE sentence_vectors (chunk INTEGER PRIMARY KEY REFERENCES chunks (id), vectors BLOB NOT NULL);
-- Chunks that are gone here and not yet in Chroma.
CREATE TABLE dropped_chunks (id INTEGER PRIMARY KEY);
