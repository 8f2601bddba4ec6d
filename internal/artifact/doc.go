// Package artifact turns the parts of a version into files, and looks after the
// files that are there.
//
// A [Store] is the export root. [Store.Create] gives a [Writer] that takes parts
// one after the other, decodes their rows and encodes them, or copies them byte
// for byte; [Writer.Finish] gives a [Staged] version that is complete, hashed and
// durable, but still under temporary names; [Staged.Publish] gives it its names.
// Beside the files of each version lies a [Manifest], so that a backup explains
// itself and a lost state can find its files again ([Store.Adopt]).
//
// What the package promises:
//
//   - A file appears under its final name complete or not at all. The manifest
//     gets its name before the files do, so a crash never leaves a file that
//     nothing explains.
//   - Nothing outside the root is read or written, whatever a name contains or a
//     symbolic link says.
//   - A file that reportsync did not write is never replaced or removed.
//   - Memory does not grow with the size of a version.
//
// It knows no service, no state and no clock, decides nothing about which
// versions should be there, and repairs nothing by itself: it reports what it
// found, and errors name the file, the cause and a way on.
package artifact
