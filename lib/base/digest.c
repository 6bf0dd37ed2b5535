#include "base/digest.h"

#include <openssl/evp.h>

bool digest_of_parts(const struct sv *parts, size_t count, char ret_hex[DIGEST_TEXT_BYTES],
                     struct err *err)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; ok && i < count; i++) {
        const uint64_t size = parts[i].len;
        ok = (count == 1 || EVP_DigestUpdate(context, &size, sizeof(size)) == 1) &&
             EVP_DigestUpdate(context, parts[i].ptr, parts[i].len) == 1;
    }
    ok = ok && EVP_DigestFinal_ex(context, sum, &length) == 1;
    EVP_MD_CTX_free(context);
    if (!ok)
        return err_why(err, ERR_NOMEM, "SHA-256 cannot be computed");
    for (unsigned i = 0; i < length; i++) {
        ret_hex[2 * i] = digits[sum[i] >> 4];
        ret_hex[2 * i + 1] = digits[sum[i] & 15];
    }
    ret_hex[2 * length] = '\0';
    return true;
}

bool digest_of(struct sv bytes, char ret_hex[DIGEST_TEXT_BYTES], struct err *err)
{
    return digest_of_parts(&bytes, 1, ret_hex, err);
}
