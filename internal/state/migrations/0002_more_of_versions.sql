-- What few versions have, as JSON: pieces, empty, provisional, meta, adopted.
ALTER TABLE versions ADD COLUMN more TEXT;
