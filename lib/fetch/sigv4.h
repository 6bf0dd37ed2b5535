/*
 * sigv4 - what libcurl's signing for S3 leaves to its caller: the query's parameters must be in
 * order before they are signed, and the digest of the (empty) body must be among the headers.
 *
 * Source:  AWS Signature Version 4, canonical request; libcurl 7.88's http_aws_sigv4 signs the query
 *          as it stands and sends no x-amz-content-sha256 of its own.
 */
#ifndef FETCH_SIGV4_H
#define FETCH_SIGV4_H

#include "base/err.h"
#include "base/sv.h"

/* The URL with its query's parameters in the order of their names; owned by the caller. NULL when
 * there is no memory. Parameters are expected to be percent-encoded already. */
char *sigv4_sorted_url(struct sv url);

#define SIGV4_EMPTY_BODY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

#endif
