-- What the bot keeps (format 1). Everything a person said is erased by /hapus and after `retention_days`.
CREATE TABLE inbox (
    update_id INTEGER PRIMARY KEY,
    data TEXT,                             -- the update as JSON; NULL once it is dealt with
    attempts INTEGER NOT NULL DEFAULT 0,   -- times answering it was begun
    received REAL NOT NULL
);
-- People have positive ids, groups negative ones, as in Telegram.
CREATE TABLE parties (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL DEFAULT '',
    standing TEXT NOT NULL DEFAULT 'stranger',
    language TEXT,
    code TEXT UNIQUE,                      -- what the owner approves a stranger by
    since REAL NOT NULL
);
CREATE TABLE answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat INTEGER NOT NULL,
    topic INTEGER NOT NULL DEFAULT 0,
    person INTEGER NOT NULL,
    asked_in INTEGER NOT NULL,             -- the message that holds the question
    message INTEGER,                       -- the message that holds the buttons; NULL until it is sent
    messages TEXT NOT NULL DEFAULT '[]',   -- every message of the answer, in order
    asked_at REAL NOT NULL,
    question TEXT NOT NULL,
    text TEXT,                             -- the short answer; NULL for a refusal
    data TEXT NOT NULL,                    -- citations, nearest articles, filters
    previous INTEGER,                      -- the answer that the question leans on
    forgotten INTEGER NOT NULL DEFAULT 0   -- after /baru: no longer part of the conversation
);
CREATE INDEX conversation ON answers (chat, topic, id);
CREATE INDEX asked ON answers (chat, asked_in);
CREATE TABLE feedback (
    answer INTEGER NOT NULL REFERENCES answers (id) ON DELETE CASCADE,
    person INTEGER NOT NULL,
    good INTEGER NOT NULL,
    given REAL NOT NULL,
    PRIMARY KEY (answer, person)
);
-- Texts and links that an owner may add as an article.
CREATE TABLE offers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat INTEGER NOT NULL,
    person INTEGER NOT NULL,
    content TEXT NOT NULL,
    made REAL NOT NULL
);
