/* version - the program's name and version, from the Makefile. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#ifndef PROWL_VERSION
#define PROWL_VERSION "0.1.0"
#endif

#endif
