#include "report/spool.h"

#include <errno.h>

bool spool_add(struct spool *s, struct sv bytes, struct err *err)
{
    if (s->file == NULL)
        s->file = tmpfile();
    if (s->file == NULL || (bytes.len > 0 && fwrite(bytes.ptr, bytes.len, 1, s->file) != 1))
        return err_why(err, ERR_IO, "temporary file of the report: %s", strerror(errno));
    return true;
}

bool spool_copy(struct spool *s, const struct report_out *out, struct err *err)
{
    char buffer[64 * 1024];
    size_t n;
    if (s->file == NULL)
        return true;
    /* What did not fit on the disk shows here, and rewind() would not tell. */
    if (fseek(s->file, 0, SEEK_SET) != 0)
        return err_why(err, ERR_IO, "temporary file of the report: %s", strerror(errno));
    while ((n = fread(buffer, 1, sizeof(buffer), s->file)) > 0) {
        if (!out->write(out->user, (struct sv){.ptr = buffer, .len = n}, err))
            return false;
    }
    return ferror(s->file) == 0 || err_why(err, ERR_IO, "temporary file of the report: unreadable");
}

void spool_done(struct spool *s)
{
    if (s->file != NULL)
        (void)fclose(s->file);
    s->file = NULL;
}
