package state

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"modernc.org/sqlite"
)

// busyTimeout is how long SQLite waits for another process that writes, in
// milliseconds. Our own writes take less than one.
const busyTimeout = "10000"

// access is how a database file is opened.
type access string

const (
	// writing opens the one connection that transactions are made on.
	writing access = "mode=rw&_txlock=immediate&_synchronous=FULL&_foreign_keys=1"
	// reading may write the file's -shm beside it and clears up after a writer that
	// was killed, which reading a write-ahead log takes; the data it cannot change.
	reading access = "mode=rw&_query_only=1"
	// frozen is for folders in which nothing can be written: no lock, no log.
	frozen access = "mode=ro&immutable=1&_query_only=1"
)

// maxReaders is how many goroutines can read at once.
const maxReaders = 4

// commitData has SQLite commit with fdatasync where there is one, as the builds of
// Linux distributions do. It is as durable, and saves a write of the file's times.
var commitData = sync.OnceFunc(func() {
	_, _ = sqlite.Fdatasync(true) // without it commits are slower, not less safe
})

// connect makes a pool of connections; it does not open any yet.
func connect(path string, a access) (*sql.DB, error) {
	commitData()
	db, err := sql.Open("sqlite", dsn(path, a))
	if err != nil {
		return nil, err
	}
	n := maxReaders
	if a == writing {
		n = 1
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// dsn is the file as a URI; whatever is special in its path is escaped.
func dsn(path string, a access) string {
	path = filepath.ToSlash(path)
	if runtime.GOOS == "windows" && !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_busy_timeout=" + busyTimeout + "&_error_rc=1&_dqs=0&" + string(a)
}

// only is a connector of a single connection that exists already.
type only struct{ conn driver.Conn }

func (o only) Connect(context.Context) (driver.Conn, error) { return o.conn, nil }
func (o only) Driver() driver.Driver                        { return &sqlite.Driver{} }
