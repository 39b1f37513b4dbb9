/* Folding a text and cutting it into tokens: runs of letters and digits, each with the hash of its letters.

   What a letter folds to is asked of Python, once a letter, so that both sides agree by construction, whatever Unicode
   the interpreter knows. Texts come as UCS-4: that is the cheapest form that every interpreter hands out. */

#ifndef OUIDIRE_FOLD_H
#define OUIDIRE_FOLD_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#define HAS_SSE2 1
#endif
#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

#if defined(__GNUC__) || defined(__clang__)
#define LOAD(place) __atomic_load_n(place, __ATOMIC_ACQUIRE)
#define STORE(place, value) __atomic_store_n(place, value, __ATOMIC_RELEASE)
#define PREFETCH(place) __builtin_prefetch(place)
#else
#define LOAD(place) (*(place))
#define STORE(place, value) (*(place) = (value))
#define PREFETCH(place) ((void)(place))
#endif

enum { DONE = 0, NO_MEMORY = -1, ASK = -2 };

static inline int lowest_bit(uint64_t bits) {
#if defined(_MSC_VER) && !defined(__clang__)
    unsigned long at;
    _BitScanForward64(&at, bits);
    return (int)at;
#else
    return __builtin_ctzll(bits);
#endif
}

/* ---- what a letter folds to ------------------------------------------------------------------------------------- */

/* A fold is 32 bits: what it is in the top three, a code point or a place in the pool of runs below. */
enum { UNASKED = 0, NOTHING = 1, SPACE = 2, MARK = 3, LETTER = 4, RUN = 5 };
#define FOLD(kind, value) ((uint32_t)(kind) << 29 | (uint32_t)(value))
#define KIND(fold) ((fold) >> 29)
#define VALUE(fold) ((fold) & 0x1FFFFFFFu)

#define PAGE 256
#define PAGES (0x110000 / PAGE)
#define CHUNK 4096
#define CHUNKS 64

typedef struct {
    uint32_t *pages[PAGES];
    uint32_t *chunks[CHUNKS]; /* runs of folds, each with its count before it; they never move while others read */
    uint32_t used;            /* of all chunks together */
    uint32_t ascii[128];
} Folds;

static inline uint32_t fold_of(const Folds *folds, uint32_t code) {
    const uint32_t *page = LOAD(&folds->pages[code / PAGE]);
    return page ? LOAD(&page[code % PAGE]) : FOLD(UNASKED, 0);
}

static int keep_fold(Folds *folds, uint32_t code, uint32_t fold) {
    uint32_t *page = folds->pages[code / PAGE];
    if (!page) {
        page = calloc(PAGE, sizeof *page);
        if (!page) return NO_MEMORY;
        STORE(&folds->pages[code / PAGE], page);
    }
    STORE(&page[code % PAGE], fold);
    if (code < 128) folds->ascii[code] = fold;
    return DONE;
}

/* Room for a run of `count` folds, in one chunk; NULL when there is none. */
static uint32_t *new_run(Folds *folds, uint32_t count, uint32_t *at) {
    uint32_t wanted = count + 1, first = folds->used;
    if (wanted > CHUNK) return NULL;
    if (first / CHUNK != (first + wanted - 1) / CHUNK) first = (first / CHUNK + 1) * CHUNK;
    if (first / CHUNK >= CHUNKS) return NULL;
    if (!folds->chunks[first / CHUNK]) {
        uint32_t *chunk = calloc(CHUNK, sizeof *chunk);
        if (!chunk) return NULL;
        STORE(&folds->chunks[first / CHUNK], chunk);
    }
    folds->used = first + wanted;
    *at = first;
    folds->chunks[first / CHUNK][first % CHUNK] = count;
    return folds->chunks[first / CHUNK] + first % CHUNK + 1;
}

static void forget_folds(Folds *folds) {
    for (size_t i = 0; i < PAGES; i++) free(folds->pages[i]);
    for (size_t i = 0; i < CHUNKS; i++) free(folds->chunks[i]);
}

/* ---- hashes ----------------------------------------------------------------------------------------------------- */

#define K1 0x9E3779B97F4A7C15u
#define K2 0xD6E8FEB86659FD93u
#define K3 0xC2B2AE3D27D4EB4Fu
#define SLACK 64 /* bytes that may be read, never used, before and behind what is hashed */

static inline uint64_t mixed(uint64_t hash) {
    hash *= K1;
    hash ^= hash >> 32;
    hash *= K2;
    return hash ^ hash >> 29;
}

static inline uint64_t eight(const uint8_t *at) {
    uint64_t bytes;
    memcpy(&bytes, at, 8);
    return bytes;
}

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define FIRST(count) (~(uint64_t)0 << (64 - 8 * (count)))
#else
#define FIRST(count) (~(uint64_t)0 >> (64 - 8 * (count)))
#endif
/* Which bytes of eight belong to a token: entry size + 8 for its first eight, entry size for the eight behind. */
static const uint64_t BELONG[25] = {0,        0,        0,        0,        0,        0,        0,
                                    0,        0,        FIRST(1), FIRST(2), FIRST(3), FIRST(4), FIRST(5),
                                    FIRST(6), FIRST(7), FIRST(8), FIRST(8), FIRST(8), FIRST(8), FIRST(8),
                                    FIRST(8), FIRST(8), FIRST(8), FIRST(8)};

static inline uint64_t first_bytes(const uint8_t *at, size_t count) { return eight(at) & BELONG[count + 8]; }

/* Of one token's letters, at least one byte; nearly all are done without a branch. */
static inline uint64_t token_hash(const uint8_t *at, size_t size) {
    size_t most = size < 16 ? size : 16;
    uint64_t second = (eight(at + 8) & BELONG[most]) * K2;
    uint64_t hash = mixed((first_bytes(at, most) ^ (uint64_t)size * K3) + (second << 29 | second >> 35));
    if (size <= 16) return hash;
    for (size_t i = 16; i + 8 < size; i += 8) hash = mixed(hash + eight(at + i));
    return mixed(hash + eight(at + size - 8));
}

/* Of a run of tokens, from that of the run before its last one. */
static inline uint64_t joined(uint64_t before, uint64_t next) {
    uint64_t hash = (before << 17 | before >> 47) * K1 + next;
    return hash ^ hash >> 32;
}

static inline uint64_t behind_sigil(uint64_t first, uint8_t sigil) { return mixed(first + sigil * K3); }

/* ---- one text, folded and cut ----------------------------------------------------------------------------------- */

typedef struct {
    uint64_t hash;
    uint32_t start, end; /* in bytes */
} Token;

typedef struct {
    uint8_t *room; /* begins SLACK bytes before `bytes` */
    uint8_t
        *bytes; /* folded but for what stands between words: that is collapsed only where somebody wants to read it */
    uint64_t *letters; /* for each byte one bit: is it of a letter or a digit? */
    size_t length, size;
    int has_sigil; /* is there a '#' or an '@' anywhere? */
    Token *tokens;
    size_t count, token_room;
} Folded;

static void forget_folded(Folded *out) {
    free(out->room);
    free(out->letters);
    free(out->tokens);
}

/* Room for `size` bytes in all; what is there is kept. */
static int make_room(Folded *out, size_t size) {
    if (size <= out->size) return DONE;
    size_t wanted = size + size / 2 + 512, before = out->size ? out->size / 64 + 2 : 0, words = wanted / 64 + 2;
    uint8_t *room = realloc(out->room, wanted + 2 * SLACK);
    if (!room) return NO_MEMORY;
    if (!out->room) memset(room, 0, SLACK);
    out->room = room;
    out->bytes = room + SLACK;
    uint64_t *letters = realloc(out->letters, words * sizeof *letters);
    if (!letters) return NO_MEMORY;
    memset(letters + before, 0, (words - before) * sizeof *letters);
    out->letters = letters;
    out->size = wanted;
    return DONE;
}

static inline void mark_letters(Folded *out, size_t at, uint64_t bits) {
    uint64_t *word = out->letters + (at >> 6);
    word[0] |= bits << (at & 63);
    word[1] |= bits >> 1 >> (63 - (at & 63));
}

static inline void write_one(Folded *out, uint32_t code, int is_letter) {
    uint8_t *to = out->bytes + out->length;
    size_t size = 1;
    if (code < 0x80) {
        to[0] = (uint8_t)code;
    } else if (code < 0x800) {
        to[0] = (uint8_t)(0xC0 | code >> 6), to[1] = (uint8_t)(0x80 | (code & 0x3F)), size = 2;
    } else if (code < 0x10000) {
        to[0] = (uint8_t)(0xE0 | code >> 12), to[1] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
        to[2] = (uint8_t)(0x80 | (code & 0x3F)), size = 3;
    } else {
        to[0] = (uint8_t)(0xF0 | code >> 18), to[1] = (uint8_t)(0x80 | (code >> 12 & 0x3F));
        to[2] = (uint8_t)(0x80 | (code >> 6 & 0x3F)), to[3] = (uint8_t)(0x80 | (code & 0x3F)), size = 4;
    }
    if (is_letter) mark_letters(out, out->length, ((uint64_t)1 << size) - 1);
    else out->has_sigil |= code == '#' || code == '@';
    out->length += size;
}

/* One code point that is not ASCII; `rest` are those behind it. */
static inline int write_fold(const Folds *folds, Folded *out, uint32_t fold, size_t rest) {
    switch (KIND(fold)) {
    case NOTHING: return DONE;
    case SPACE: write_one(out, ' ', 0); return DONE;
    case RUN: {
        const uint32_t *run = LOAD(&folds->chunks[VALUE(fold) / CHUNK]) + VALUE(fold) % CHUNK;
        uint32_t count = *run++;
        if (make_room(out, out->length + 4 * (count + rest) + SLACK) != DONE) return NO_MEMORY;
        for (uint32_t i = 0; i < count; i++) {
            if (KIND(run[i]) == SPACE) write_one(out, ' ', 0);
            else if (KIND(run[i]) != NOTHING) write_one(out, VALUE(run[i]), KIND(run[i]) == LETTER);
        }
        return DONE;
    }
    default: write_one(out, VALUE(fold), KIND(fold) == LETTER); return DONE;
    }
}

/* Up to sixteen ASCII characters at once, capitals made small; gives how many there were. What stands between words is
   written as it is. `text` may be read sixteen characters on. */
#ifdef HAS_SSE2
static inline size_t write_ascii(Folded *out, const uint32_t *text, size_t most) {
    const __m128i *from = (const __m128i *)text, high = _mm_set1_epi32(~0x7F), none = _mm_setzero_si128();
    __m128i a = _mm_loadu_si128(from), b = _mm_loadu_si128(from + 1);
    __m128i c = _mm_loadu_si128(from + 2), d = _mm_loadu_si128(from + 3);
    __m128i all = _mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d));
    size_t count = 16;
    if (_mm_movemask_epi8(_mm_cmpeq_epi32(_mm_and_si128(all, high), none)) != 0xFFFF) {
        __m128i plain = _mm_packs_epi16(_mm_packs_epi32(_mm_cmpeq_epi32(_mm_and_si128(a, high), none),
                                                        _mm_cmpeq_epi32(_mm_and_si128(b, high), none)),
                                        _mm_packs_epi32(_mm_cmpeq_epi32(_mm_and_si128(c, high), none),
                                                        _mm_cmpeq_epi32(_mm_and_si128(d, high), none)));
        count = (size_t)lowest_bit(~(uint64_t)_mm_movemask_epi8(plain));
    }
    if (count > most) count = most;
    __m128i bytes = _mm_packus_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d));
    __m128i capital =
        _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8('A' - 1)), _mm_cmplt_epi8(bytes, _mm_set1_epi8('Z' + 1)));
    bytes = _mm_or_si128(bytes, _mm_and_si128(capital, _mm_set1_epi8(0x20)));
    __m128i letter =
        _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8('a' - 1)), _mm_cmplt_epi8(bytes, _mm_set1_epi8('z' + 1)));
    __m128i digit =
        _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8('0' - 1)), _mm_cmplt_epi8(bytes, _mm_set1_epi8('9' + 1)));
    uint64_t bits = (uint64_t)_mm_movemask_epi8(_mm_or_si128(letter, digit));
    __m128i sigil = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('#')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('@')));
    out->has_sigil |=
        _mm_movemask_epi8(sigil); /* one behind the last character may stand there: it only costs a look */
    _mm_storeu_si128((__m128i *)(out->bytes + out->length), bytes);
    mark_letters(out, out->length, bits & (((uint64_t)1 << count) - 1));
    out->length += count;
    return count;
}
#else
static inline size_t write_ascii(Folded *out, const uint32_t *text, size_t most) {
    uint64_t bits = 0;
    size_t count = 0;
    for (; count < 16 && count < most && text[count] < 0x80; count++) {
        uint8_t byte = (uint8_t)text[count];
        byte |= (uint8_t)((byte >= 'A' && byte <= 'Z') << 5);
        out->has_sigil |= byte == '#' || byte == '@';
        bits |= (uint64_t)((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9')) << count;
        out->bytes[out->length + count] = byte;
    }
    mark_letters(out, out->length, bits);
    out->length += count;
    return count;
}
#endif

static int cut(Folded *out) {
    size_t words = out->length / 64 + 1; /* the last one holds the end, where no letter is */
    if (out->length / 2 + 2 > out->token_room) {
        size_t room = out->length + 64;
        Token *tokens = realloc(out->tokens, room * sizeof *tokens);
        if (!tokens) return NO_MEMORY;
        out->tokens = tokens;
        out->token_room = room;
    }
    Token *first = out->tokens, *last = out->tokens;
    uint64_t before = 0;
    for (size_t i = 0; i < words; i++) {
        uint64_t bits = out->letters[i], shifted = bits << 1 | before;
        uint32_t at = (uint32_t)(i * 64);
        before = bits >> 63;
        for (uint64_t starts = bits & ~shifted; starts; starts &= starts - 1)
            (first++)->start = at + (uint32_t)lowest_bit(starts);
        for (uint64_t ends = shifted & ~bits; ends; ends &= ends - 1) (last++)->end = at + (uint32_t)lowest_bit(ends);
    }
    for (Token *one = out->tokens; one < last; one++)
        one->hash = token_hash(out->bytes + one->start, one->end - one->start);
    out->count = (size_t)(last - out->tokens);
    return DONE;
}

/* Fold `text` into `out` and cut it. ASK: `*unknown` must be asked of Python first; nothing of this try counts. */
static int fold_text(const Folds *folds, const uint32_t *text, size_t count, Folded *out, uint32_t *unknown) {
    if (make_room(out, 4 * count + SLACK) != DONE) return NO_MEMORY;
    memset(out->letters, 0, (out->length / 64 + 2) * sizeof *out->letters); /* those of the text before */
    out->length = 0;
    out->has_sigil = 0;
    for (size_t at = 0; at < count;) {
        at += write_ascii(out, text + at, count - at);
        for (; at < count && text[at] >= 0x80; at++) {
            uint32_t fold = fold_of(folds, text[at]);
            if (KIND(fold) == UNASKED) {
                *unknown = text[at];
                return ASK;
            }
            if (write_fold(folds, out, fold, count - at) != DONE) return NO_MEMORY;
        }
    }
    memset(out->bytes + out->length, 0, 16);
    return cut(out);
}

static inline size_t letters_in(const uint8_t *bytes, size_t size) {
    size_t count = 0;
    for (size_t i = 0; i < size; i++) count += (bytes[i] & 0xC0) != 0x80;
    return count;
}

#endif
