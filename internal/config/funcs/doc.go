// Package funcs holds the functions that configurations can call. Names and
// behaviour follow Terraform's, so that what people know works here.
//
// Every function gives the same result for the same arguments within one run:
// there is no random, uuid or bcrypt function, and the time is the one moment the
// run began at, because otherwise no two plans would be alike. Functions that
// read files are confined to the configuration's folder; none writes, runs a
// program or opens a connection.
package funcs
