/* The names that are stored: arrays without a pointer in them, so that a file of them can be mapped and read as it is.

   A table has one of two forms. In the one to which names are added, a name stands in the pool as it was folded, its
   tokens parted by one space, behind its owners (four bytes: one owner, a node, or NONE) and its flags (one); the other
   form is that of a file (`_packed.h`). A name is found by a hash and then compared byte by byte: a hash that lies
   costs a comparison, never a wrong answer. Owners are numbered from nought; a removed owner's number is dead, and what
   bears it is left out until the table is written anew. */

#ifndef OUIDIRE_TABLE_H
#define OUIDIRE_TABLE_H

#include <stddef.h>

#include "_fold.h"

#define NONE 0xFFFFFFFFu
#define LISTED 0x80000000u     /* an owners' field that is the first of several nodes */
#define WITH_SLIPS 0x40000000u /* this owner wants the name's slips too */
#define NUMBER 0x3FFFFFFFu
#define CELL 0x80000000u /* in a pair: `other` is a cell, not the name of a context */

enum { CONDITIONAL = 1, CONTEXT = 2, SLIPS = 4 }; /* what the byte before a name in the pool says of it */
enum { GLUED_LETTERS = 8, SLIP_LETTERS = 8, WORD_LETTERS = 5, WORD_LONGEST = 40 };

typedef struct {
    uint32_t check, name;
} Slot; /* the low half of the hash; a name, by its place in the pool */
typedef struct {
    uint32_t owner, next;
} Node;
typedef struct {
    uint32_t name, other, owners;
} Pair; /* the owners to whom the name counts beside `other` */
typedef struct {
    uint64_t first, second;
} Ordinary; /* a word of up to sixteen bytes, noughts behind it; all nought: none */

/* Parts of both forms; of the one that grows; of the packed one. */
enum { META, POOL, GATE, WORDS, NEAR, CHECKS, NEAR_GATE, HALVES, ORDINARY, OWNERS, SLOTS, GLUED, PAIRS, NODES, NUMBERS,
       BUCKETS, RECORDS, BESIDE, SERIES, PARTS };
static const size_t ITEM[PARTS] = {8, 1, 8, 4, 4, 1, 8, 8, sizeof(Ordinary), 4, sizeof(Slot), 4, sizeof(Pair),
                                   sizeof(Node), 4, 4, 1, 1, 1};
/* META: of each hash table how much is used (of the pool: how many names; of owners: how many there are); the most
   tokens of a name with slips; is the table packed, and how many contexts has it then? */
enum { LONGEST = PARTS, PACKED, STANDING, METAS = 24 };
#define NAMES POOL

typedef struct {
    void *at;
    size_t count, room;
} Part;

typedef struct {
    Part parts[PARTS];
    uint8_t *dead; /* one bit an owner's number */
    size_t dead_room, dead_count;
    uint8_t *letters; /* scratch: a name without its spaces */
    size_t letters_room;
    Part dictionary; /* only while a table is packed: where in its pool each word stands */
} Table;

#define PART(table, part, type) ((type *)(table)->parts[part].at)
#define COUNT(table, part) ((table)->parts[part].count)
#define USED(table, part) (PART(table, META, uint64_t)[part])

static inline int is_packed(const Table *table) { return USED(table, PACKED) != 0; }

/* ---- arrays that grow ------------------------------------------------------------------------------------------- */

/* Room for `more` items behind those of a part, and slack. */
static int reserve(Table *table, int part, size_t more) {
    Part *one = &table->parts[part];
    if (one->count + more <= one->room) return DONE;
    size_t room = (one->count + more) * 3 / 2 + 64;
    void *at = realloc(one->at, room * ITEM[part] + SLACK);
    if (!at) return NO_MEMORY;
    one->at = at;
    one->room = room;
    return DONE;
}

/* An array of `count` items, every byte of it `fill`. */
static int fresh(Part *part, size_t item, size_t count, int fill) {
    void *at = malloc(count * item + SLACK);
    if (!at) return NO_MEMORY;
    memset(at, fill, count * item);
    *part = (Part){at, count, count};
    return DONE;
}

static size_t slots_for(size_t used, size_t percent) { return used * 100 / percent + 16; }

enum {
    GATED = 6,
    HALVED = 10
}; /* keys a block: a gate that passes too many costs less than one that fills the cache */

static size_t gate_for(size_t keys, size_t each) { /* a power of two */
    size_t blocks = 16;
    while (blocks * each < keys) blocks *= 2;
    return blocks;
}

static int open_table(Table *table) {
    int state = fresh(&table->parts[META], 8, METAS, 0);
    if (state == DONE) state = fresh(&table->parts[GATE], 8, 16, 0);
    if (state == DONE) state = fresh(&table->parts[CHECKS], 1, slots_for(16, 50), 0);
    if (state == DONE) state = fresh(&table->parts[NEAR_GATE], 8, 16, 0);
    if (state == DONE) state = fresh(&table->parts[HALVES], 8, 16, 0);
    if (state == DONE) state = fresh(&table->parts[ORDINARY], sizeof(Ordinary), 16, 0);
    for (int part = 0; part < PARTS && state == DONE; part++) {
        int is_hashed =
            part == SLOTS || part == GLUED || part == WORDS || part == NEAR || part == PAIRS || part == NUMBERS;
        if (is_hashed) state = fresh(&table->parts[part], ITEM[part], slots_for(16, 50), 0xFF);
        else if (!table->parts[part].at) state = reserve(table, part, 16);
    }
    return state;
}

static void close_table(Table *table, int is_mapped) {
    for (int part = 0; part < PARTS && !is_mapped; part++) free(table->parts[part].at);
    free(table->dead);
    free(table->letters);
}

static inline size_t home(uint64_t hash, size_t count) { return (size_t)(((hash >> 32) * (uint64_t)count) >> 32); }

/* ---- the gates: a few bits for every key, before the tables that they spare ------------------------------------- */

/* In its block a key has three bits for each thing that can be said of it: such a name may be; a name may go on after
   this. Of one token there is more: a name may have this word; a word whose slips count may stand beside it. */
static inline size_t block_of(uint64_t key, size_t count) { return (size_t)(key >> 40) & (count - 1); }
static inline uint64_t bits_of(uint64_t key) {
    return (uint64_t)1 << (key & 63) | (uint64_t)1 << (key >> 6 & 63) | (uint64_t)1 << (key >> 12 & 63);
}
static inline uint64_t near_bits_of(uint64_t key) { return (uint64_t)1 << (key & 63) | (uint64_t)1 << (key >> 6 & 63); }

static inline uint64_t goes_on(uint64_t key) { return key >> 18; }
static inline uint64_t is_word(uint64_t key) { return key * K3 >> 46; }
static inline uint64_t is_beside(uint64_t key) { return key * K3 >> 28; }

/* Are the three bits there? */
static inline uint64_t says(uint64_t block, uint64_t key) {
    return block >> (key & 63) & block >> (key >> 6 & 63) & block >> (key >> 12 & 63) & 1;
}

static inline uint64_t gate(const Table *table, uint64_t key) {
    return PART(table, GATE, uint64_t)[block_of(key, COUNT(table, GATE))];
}
static inline void let_pass(Table *table, uint64_t key, uint64_t as) {
    PART(table, GATE, uint64_t)[block_of(key, COUNT(table, GATE))] |= bits_of(as);
}

/* ---- one stored name -------------------------------------------------------------------------------------------- */

#define BEFORE_TEXT 5

static inline uint8_t *flags_of(const Table *table, uint32_t name) { return PART(table, POOL, uint8_t) + name + 4; }
static inline const uint8_t *text_of(const Table *table, uint32_t name) {
    return PART(table, POOL, uint8_t) + name + BEFORE_TEXT;
}

static inline uint32_t owners_of(const Table *table, uint32_t name) {
    uint32_t owners;
    memcpy(&owners, PART(table, POOL, uint8_t) + name, sizeof owners);
    return owners;
}

/* The name behind one, or where the pool ends. */
static inline uint32_t next_name(const Table *table, uint32_t name) {
    return name + BEFORE_TEXT + (uint32_t)strlen((const char *)text_of(table, name)) + 1;
}

static inline uint8_t sigil_of(const uint8_t *text) { return *text == '#' || *text == '@' ? *text : 0; }

static inline size_t word_size(const uint8_t *word) {
    size_t size = 0;
    while (word[size] > ' ') size++;
    return size;
}

typedef struct {
    uint64_t key, glued; /* of its tokens; of all its letters as one token */
    size_t tokens, letters;
} Keys;

/* The hashes of a name as it is stored. NO_MEMORY is the only way to fail. */
static int keys_of(Table *table, const uint8_t *text, Keys *keys) {
    size_t size = strlen((const char *)text) + 2 * SLACK, used = 0;
    if (size > table->letters_room) {
        uint8_t *letters = realloc(table->letters, size * 2);
        if (!letters) return NO_MEMORY;
        table->letters = letters;
        table->letters_room = size * 2;
    }
    uint8_t sigil = sigil_of(text);
    const uint8_t *word = text + (sigil != 0);
    *keys = (Keys){0, 0, 0, 0};
    for (;; word++) {
        size_t length = word_size(word);
        uint64_t hash = token_hash(word, length);
        keys->key = keys->tokens++ ? joined(keys->key, hash) : sigil ? behind_sigil(hash, sigil) : hash;
        keys->letters += letters_in(word, length);
        memcpy(table->letters + used, word, length);
        used += length;
        word += length;
        if (!*word) break;
    }
    memset(table->letters + used, 0, 16);
    keys->glued = token_hash(table->letters, used);
    return DONE;
}

/* ---- words that everybody uses ----------------------------------------------------------------------------------- */

/* The slot of a word of up to sixteen bytes, whose hash is given, or the empty one where it belongs. The word itself is
   compared: what is found is it. */
static inline Ordinary *ordinary_slot(const Table *table, const uint8_t *word, size_t size, uint64_t hash) {
    Ordinary *slots = PART(table, ORDINARY, Ordinary);
    uint64_t first = first_bytes(word, size), second = eight(word + 8) & BELONG[size];
    size_t at = home(hash, COUNT(table, ORDINARY));
    while ((slots[at].first != first || slots[at].second != second) && slots[at].first) {
        at = at + 1 == COUNT(table, ORDINARY) ? 0 : at + 1;
    }
    return &slots[at];
}

static inline int is_ordinary(const Table *table, const uint8_t *word, size_t size, uint64_t hash) {
    return size <= 16 && ordinary_slot(table, word, size, hash)->first;
}

/* Take over ordinary words into an empty table: `count` of them, each with sixteen bytes of room, noughts behind it. */
static int keep_ordinary(Table *table, const uint8_t *words, size_t count) {
    Part old = table->parts[ORDINARY];
    if (fresh(&table->parts[ORDINARY], sizeof(Ordinary), slots_for(count, 50), 0) != DONE) return NO_MEMORY;
    free(old.at);
    for (size_t i = 0; i < count; i++, words += 16) {
        size_t size = 0;
        while (size < 16 && words[size]) size++;
        Ordinary *slot = ordinary_slot(table, words, size, token_hash(words, size));
        if (slot->first) continue;
        memcpy(slot, words, sizeof *slot);
        USED(table, ORDINARY)++;
    }
    return DONE;
}

/* ---- words with one slip in them -------------------------------------------------------------------------------- */

/* The hash of letters is a polynomial, so that leaving one out costs two multiplications. */
#define BASE 0x9FB21C651E98DF25u

typedef struct {
    uint32_t letters[WORD_LONGEST + 2];
    size_t count;
    uint64_t variants[WORD_LONGEST + 3]; /* the whole word, and it with one letter left out */
    size_t variant_count;
} Spelt;

static inline int is_ascii(const uint8_t *bytes, size_t size) {
    for (; size > 8; bytes += 8, size -= 8) {
        if (eight(bytes) & 0x8080808080808080u) return 0;
    }
    return !(first_bytes(bytes, size) & 0x8080808080808080u);
}

/* Take UTF-8 apart. False: it is too short or too long to be looked at. */
static int spell(const uint8_t *bytes, size_t size, size_t least, size_t most, Spelt *spelt) {
    spelt->count = 0;
    if (size < least || size > 4 * most) return 0;
    if (size <= most && is_ascii(bytes, size)) {
        for (size_t i = 0; i < size; i++) spelt->letters[i] = bytes[i];
        spelt->count = size;
        return 1;
    }
    for (const uint8_t *at = bytes, *end = bytes + size; at < end;) {
        uint32_t code = *at++;
        if (spelt->count == most) return 0;
        if (code >= 0x80) {
            int more = code < 0xE0 ? 1 : code < 0xF0 ? 2 : 3;
            code &= 0x3Fu >> more;
            while (more--) code = code << 6 | (*at++ & 0x3F);
        }
        spelt->letters[spelt->count++] = code;
    }
    return spelt->count >= least;
}

static void leave_out(Spelt *spelt) {
    uint64_t behind = 0, power = 1, before[WORD_LONGEST + 3];
    size_t count = spelt->count, made = 1;
    before[0] = 0;
    for (size_t i = 0; i < count; i++) before[i + 1] = before[i] * BASE + spelt->letters[i] + 1;
    spelt->variants[0] = mixed(before[count]);
    for (size_t i = count; i-- > 0;) { /* of neighbours that are alike, one is left out */
        spelt->variants[made] = mixed(before[i] * power + behind);
        made += !i || spelt->letters[i] != spelt->letters[i - 1];
        behind += (spelt->letters[i] + 1) * power;
        power *= BASE;
    }
    spelt->variant_count = made;
}

/* Is one of them the other with one letter more, one less, one other, or two neighbours swapped? */
static int is_slip(const Spelt *one, const Spelt *other) {
    const uint32_t *a = one->letters, *b = other->letters;
    size_t m = one->count, n = other->count, most = m < n ? m : n, head = 0, tail = 0;
    if (m > n + 1 || n > m + 1) return 0;
    while (head < most && a[head] == b[head]) head++;
    if (head == m && head == n) return 0;
    while (tail < most - head && a[m - 1 - tail] == b[n - 1 - tail]) tail++;
    size_t left = m - head - tail, right = n - head - tail;
    if (left + right == 1 || (left == 1 && right == 1)) return 1;
    return left == 2 && right == 2 && a[head] == b[head + 1] && a[head + 1] == b[head];
}

static int has_digit(const uint8_t *word, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (word[i] >= '0' && word[i] <= '9') return 1;
    }
    return 0;
}

static int same_word(const Table *table, uint32_t at, const uint8_t *word, size_t size) {
    const uint8_t *stored = PART(table, POOL, uint8_t) + at;
    return at + size < COUNT(table, POOL) && memcmp(stored, word, size) == 0 && stored[size] <= ' ';
}

/* The slot of `word` in a hash table of places of words, or the empty one where it belongs. */
static uint32_t *word_slot(const Table *table, const Part *places, uint64_t hash, const uint8_t *word, size_t size) {
    uint32_t *slots = places->at;
    size_t at = home(hash, places->count);
    while (slots[at] != NONE && !same_word(table, slots[at], word, size)) at = at + 1 == places->count ? 0 : at + 1;
    return &slots[at];
}

static int knows_word(const Table *table, const uint8_t *word, const Token *token) {
    return *word_slot(table, &table->parts[WORDS], mixed(token->hash), word, token->end - token->start) != NONE;
}

/* Where in the pool a word of one of its own names stands. */
static uint32_t place_of(const Table *table, const uint8_t *word, size_t size, uint64_t hash) {
    if (!table->dictionary.at) return (uint32_t)(word - PART(table, POOL, uint8_t));
    return *word_slot(table, &table->dictionary, mixed(hash), word, size);
}

/* ---- hash tables that grow -------------------------------------------------------------------------------------- */

static void keep_word(Table *table, uint64_t hash, const uint8_t *word, size_t size) {
    uint32_t *slot = word_slot(table, &table->parts[WORDS], mixed(hash), word, size);
    if (*slot != NONE) return;
    *slot = place_of(table, word, size, hash);
    USED(table, WORDS)++;
}

/* CHECKS has a byte of the hash for each slot of NEAR, nought where it is empty: hardly a word is looked at in vain. */
static inline uint8_t check_of(uint64_t hash) { return (uint8_t)(hash % 255 + 1); }

static int has_near(const Table *table, uint64_t hash, const uint8_t *word, size_t size) {
    const uint8_t *checks = PART(table, CHECKS, uint8_t), check = check_of(hash);
    for (size_t at = home(hash, COUNT(table, NEAR)); checks[at]; at = at + 1 == COUNT(table, NEAR) ? 0 : at + 1) {
        if (checks[at] == check && same_word(table, PART(table, NEAR, uint32_t)[at], word, size)) return 1;
    }
    return 0;
}

static void keep_near(Table *table, uint32_t place, const uint8_t *word, size_t size) {
    Spelt spelt;
    if (!spell(word, size, WORD_LETTERS, WORD_LONGEST, &spelt)) return;
    leave_out(&spelt);
    if (has_near(table, spelt.variants[0], word, size)) return;
    uint8_t *checks = PART(table, CHECKS, uint8_t);
    for (size_t i = 0; i < spelt.variant_count; i++) {
        uint64_t key = spelt.variants[i];
        size_t at = home(key, COUNT(table, NEAR));
        while (checks[at]) at = at + 1 == COUNT(table, NEAR) ? 0 : at + 1;
        PART(table, NEAR, uint32_t)[at] = place;
        checks[at] = check_of(key);
        PART(table, NEAR_GATE, uint64_t)[block_of(key, COUNT(table, NEAR_GATE))] |= near_bits_of(key);
        USED(table, NEAR)++;
    }
}

/* Before its letters are left out one by one, a token must have a half in common with a word: a slip spoils only one of
   two. The half is looked for together with what stands beside it, for nothing else of the name may be wrong: with the
   token before (of its first token: with the one behind it; of a name of one token: with nothing). How many letters a
   half has is a matter of the token's length, which is looked for too: a word has halves for tokens one shorter, as
   long, and one longer. */
static inline size_t half_of(size_t letters) { return letters < 6 ? 2 : letters > 18 ? 8 : (letters - 2) / 2; }

/* How many bytes the first letters take, or the last. There are as many letters. */
static inline size_t head_size(const uint8_t *word, size_t letters) {
    size_t size = 0;
    while (letters--) {
        for (size++; (word[size] & 0xC0) == 0x80;) size++;
    }
    return size;
}

static inline size_t tail_size(const uint8_t *end, size_t letters) {
    size_t size = 0;
    while (letters--) {
        for (size++; (end[-(ptrdiff_t)size] & 0xC0) == 0x80;) size++;
    }
    return size;
}

static inline uint64_t half_bytes(const uint8_t *at, size_t size) {
    return size <= 8 ? first_bytes(at, size) : token_hash(at, size);
}

static inline uint64_t half_key(uint64_t beside, uint64_t bytes, size_t letters, uint64_t is_tail) {
    return mixed((bytes ^ (2 * (uint64_t)letters + is_tail) * K3) + beside);
}

static inline int has_half(const Table *table, uint64_t key) {
    uint64_t bits = near_bits_of(key);
    return (PART(table, HALVES, uint64_t)[block_of(key, COUNT(table, HALVES))] & bits) == bits;
}

static void keep_halves(Table *table, const uint8_t *word, size_t size, uint64_t beside) {
    size_t letters = letters_in(word, size);
    for (size_t other = letters - 1; other <= letters + 1; other++) {
        size_t half = half_of(other), head = head_size(word, half), tail = tail_size(word + size, half);
        uint64_t keys[] = {half_key(beside, half_bytes(word, head), other, 0),
                           half_key(beside, half_bytes(word + size - tail, tail), other, 1)};
        for (int i = 0; i < 2; i++) {
            if (has_half(table, keys[i])) continue;
            PART(table, HALVES, uint64_t)[block_of(keys[i], COUNT(table, HALVES))] |= near_bits_of(keys[i]);
            USED(table, HALVES)++;
        }
    }
}

static inline int can_slip(const uint8_t *word, size_t size) {
    if (size < WORD_LETTERS || has_digit(word, size)) return 0;
    size_t letters = letters_in(word, size);
    return letters >= WORD_LETTERS && letters <= WORD_LONGEST;
}

/* Does a slip count in this word of a name? In an ordinary one only where the word `beside` it (the one before; of the
   first the one behind; NULL: none) is long enough to be recognised by. */
static int may_slip(const Table *table, const uint8_t *word, size_t size, const uint8_t *beside, size_t beside_size) {
    if (!can_slip(word, size)) return 0;
    if (!is_ordinary(table, word, size, token_hash(word, size))) return 1;
    return beside && can_slip(beside, beside_size);
}

#define ALONE K1
static inline uint64_t next_to(uint64_t hash) { return ~hash; }

/* Do something with each word of a name whose slips count, and with what stands beside it. */
static void each_near(Table *table, const uint8_t *text,
                      void (*with)(Table *, const uint8_t *, size_t, uint64_t, uint64_t)) {
    const uint8_t *before = NULL;
    size_t before_size = 0;
    for (const uint8_t *word = text;; word++) {
        size_t size = word_size(word);
        const uint8_t *behind = before || !word[size] ? NULL : word + size + 1, *beside = before ? before : behind;
        size_t beside_size = before ? before_size : behind ? word_size(behind) : 0;
        if (may_slip(table, word, size, beside, beside_size)) {
            with(table, word, size, before ? token_hash(before, before_size) : 0,
                 behind ? token_hash(behind, beside_size) : 0);
        }
        before = word, before_size = size;
        word += size;
        if (!*word) return;
    }
}

/* In the gate: what stands beside words whose slips count. */
static void mark_beside(Table *table, const uint8_t *word, size_t size, uint64_t before, uint64_t behind) {
    (void)word, (void)size;
    uint64_t hash = before ? before : behind;
    if (hash) let_pass(table, hash, is_beside(hash));
}

static void enter_word(Table *table, const uint8_t *word, size_t size, uint64_t before, uint64_t behind) {
    keep_near(table, place_of(table, word, size, token_hash(word, size)), word, size);
    keep_halves(table, word, size, before ? before : behind ? next_to(behind) : ALONE);
}

/* Register the words of a name whose slips count. There is room. */
static void enter_near(Table *table, const uint8_t *text) {
    uint64_t count = 1;
    for (const uint8_t *at = text; *at; at++) count += *at == ' ';
    if (count > USED(table, LONGEST)) USED(table, LONGEST) = count;
    each_near(table, text, enter_word);
}

/* Make a name known to the gate, and its words. There is room. */
static int announce(Table *table, const uint8_t *text, uint8_t flags, Keys *keys) {
    uint8_t sigil = sigil_of(text);
    uint64_t key = 0;
    size_t count = 0;
    if (keys_of(table, text, keys) != DONE) return NO_MEMORY;
    for (const uint8_t *word = text + (sigil != 0);; word++) {
        size_t size = word_size(word);
        uint64_t hash = token_hash(word, size);
        key = count++ ? joined(key, hash) : sigil ? behind_sigil(hash, sigil) : hash;
        if (count < keys->tokens) let_pass(table, key, goes_on(key));
        if (!sigil) let_pass(table, hash, is_word(hash));
        if (!sigil && letters_in(word, size) + 1 >= WORD_LETTERS) keep_word(table, hash, word, size);
        word += size;
        if (!*word) break;
    }
    let_pass(table, key, key);
    if (!sigil && keys->tokens > 1) let_pass(table, keys->glued, keys->glued);
    if (flags & SLIPS) each_near(table, text, mark_beside);
    return DONE;
}

/* Enter a stored name into the tables by which it is found. There is room. */
static int enter(Table *table, uint32_t name) {
    const uint8_t *text = text_of(table, name);
    Keys keys;
    size_t at;
    if (announce(table, text, *flags_of(table, name), &keys) != DONE) return NO_MEMORY;
    Slot *slots = PART(table, SLOTS, Slot);
    for (at = home(keys.key, COUNT(table, SLOTS)); slots[at].name != NONE;)
        at = at + 1 == COUNT(table, SLOTS) ? 0 : at + 1;
    slots[at] = (Slot){(uint32_t)keys.key, name};
    USED(table, SLOTS)++;
    if (sigil_of(text) || keys.tokens < 2) return DONE;
    uint32_t *glued = PART(table, GLUED, uint32_t);
    for (at = home(keys.glued, COUNT(table, GLUED)); glued[at] != NONE;)
        at = at + 1 == COUNT(table, GLUED) ? 0 : at + 1;
    glued[at] = name;
    USED(table, GLUED)++;
    return DONE;
}

/* Put an empty hash table in the place of one, which goes to `old`. Without memory nothing changes. */
static int renew(Table *table, int part, size_t count, Part *old) {
    *old = table->parts[part];
    int is_blank = part == GATE || part == CHECKS || part == NEAR_GATE || part == HALVES;
    if (fresh(&table->parts[part], ITEM[part], count, is_blank ? 0 : 0xFF) != DONE) return NO_MEMORY;
    USED(table, part) = 0;
    return DONE;
}

/* The tables of names with room for `more` of each kind, `percent` full. */
static int lay_out_names(Table *table, size_t more, size_t more_words, size_t percent) {
    static const int parts[] = {SLOTS, GLUED, WORDS, GATE};
    size_t names = (size_t)USED(table, NAMES) + more, keys = names * 2 + USED(table, GLUED);
    size_t sizes[] = {slots_for(names, percent), slots_for(USED(table, GLUED) + more, percent),
                      slots_for(USED(table, WORDS) + more_words, percent < 60 ? percent : 60), gate_for(keys, GATED)};
    Part old;
    for (int i = 0; i < 4; i++) {
        if (renew(table, parts[i], sizes[i], &old) != DONE) return NO_MEMORY;
        free(old.at);
    }
    for (uint32_t name = 0; name < COUNT(table, POOL); name = next_name(table, name)) {
        if (enter(table, name) != DONE) return NO_MEMORY;
    }
    return DONE;
}

static int lay_out_near(Table *table, size_t more, size_t more_halves, size_t percent) {
    static const int parts[] = {NEAR, CHECKS, NEAR_GATE, HALVES};
    size_t used = USED(table, NEAR) + more, halves = USED(table, HALVES) + more_halves;
    size_t slots = slots_for(used, percent), sizes[] = {slots, slots, gate_for(used, GATED), gate_for(halves, HALVED)};
    Part old;
    for (int i = 0; i < 4; i++) {
        if (renew(table, parts[i], sizes[i], &old) != DONE) return NO_MEMORY;
        free(old.at);
    }
    for (uint32_t name = 0; name < COUNT(table, POOL); name = next_name(table, name)) {
        if (*flags_of(table, name) & SLIPS) enter_near(table, text_of(table, name));
    }
    return DONE;
}

static inline uint64_t pair_hash(uint32_t name, uint32_t other) { return mixed((uint64_t)name << 32 | other); }

static Pair *pair_of(const Table *table, uint32_t name, uint32_t other) {
    Pair *pairs = PART(table, PAIRS, Pair);
    size_t at = home(pair_hash(name, other), COUNT(table, PAIRS));
    while (pairs[at].name != NONE && (pairs[at].name != name || pairs[at].other != other)) {
        at = at + 1 == COUNT(table, PAIRS) ? 0 : at + 1;
    }
    return &pairs[at];
}

static int lay_out_pairs(Table *table, size_t more, size_t percent) {
    size_t used = USED(table, PAIRS);
    Part old;
    if (renew(table, PAIRS, slots_for(used + more, percent), &old) != DONE) return NO_MEMORY;
    USED(table, PAIRS) = used;
    const Pair *pairs = old.at;
    for (size_t i = 0; i < old.count; i++) {
        if (pairs[i].name != NONE) *pair_of(table, pairs[i].name, pairs[i].other) = pairs[i];
    }
    free(old.at);
    return DONE;
}

static int is_full(const Table *table, int part, size_t more) {
    return (USED(table, part) + more) * 4 > COUNT(table, part) * 3;
}

/* ---- numbers of one to five bytes: seven bits each, the last one without its highest ----------------------------- */

static inline uint32_t read_number(const uint8_t **at) {
    const uint8_t *from = *at;
    uint32_t number = *from & 0x7F;
    for (int shift = 7; *from++ & 0x80; shift += 7) number |= (uint32_t)(*from & 0x7F) << shift;
    *at = from;
    return number;
}

static inline size_t write_number(uint8_t *to, uint32_t number) {
    size_t size = 0;
    for (; number >= 0x80; number >>= 7) to[size++] = (uint8_t)(number | 0x80);
    to[size++] = (uint8_t)number;
    return size;
}

/* ---- owners ----------------------------------------------------------------------------------------------------- */

static inline int is_dead(const Table *table, uint32_t number) {
    return table->dead && table->dead[number >> 3] >> (number & 7) & 1;
}

/* The slot of a living owner, or the first free one. */
static uint32_t *number_slot(const Table *table, uint32_t owner) {
    uint32_t *slots = PART(table, NUMBERS, uint32_t);
    size_t at = home(mixed(owner), COUNT(table, NUMBERS));
    while (slots[at] != NONE && PART(table, OWNERS, uint32_t)[slots[at]] != owner) {
        at = at + 1 == COUNT(table, NUMBERS) ? 0 : at + 1;
    }
    return &slots[at];
}

/* In a packed table OWNERS has, of each stretch of so many, the first one, and where in SERIES the others begin: how
   much larger each is than the one before. */
enum { STRIDE = 32 };

static uint32_t owner_at(const Table *table, uint32_t number) {
    const uint32_t *stretch = PART(table, OWNERS, uint32_t);
    if (!is_packed(table)) return stretch[number];
    stretch += number / STRIDE * 2;
    const uint8_t *more = PART(table, SERIES, uint8_t) + stretch[1];
    uint32_t owner = stretch[0];
    for (number %= STRIDE; number; number--) owner += read_number(&more);
    return owner;
}

static size_t owner_count(const Table *table) {
    return is_packed(table) ? (size_t)USED(table, OWNERS) : COUNT(table, OWNERS);
}

/* The number of an owner in a packed table, or NONE. */
static uint32_t packed_owner(const Table *table, uint32_t owner) {
    const uint32_t *stretches = PART(table, OWNERS, uint32_t);
    size_t low = 0, high = COUNT(table, OWNERS) / 2; /* the stretch is below `high`, and not below `low` */
    if (!high || owner < stretches[0]) return NONE;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (stretches[2 * middle] <= owner) low = middle;
        else high = middle;
    }
    const uint8_t *more = PART(table, SERIES, uint8_t) + stretches[2 * low + 1];
    uint32_t at = stretches[2 * low], number = (uint32_t)low * STRIDE;
    for (; at < owner; at += read_number(&more)) {
        if (++number % STRIDE == 0 || number == owner_count(table)) return NONE;
    }
    return at == owner ? number : NONE;
}

static int by_number(const void *one, const void *other) {
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

/* The number of a living owner, or NONE. */
static uint32_t find_owner(const Table *table, uint32_t owner) {
    uint32_t number = is_packed(table) ? packed_owner(table, owner) : *number_slot(table, owner);
    return number != NONE && is_dead(table, number) ? NONE : number;
}

static int lay_out_numbers(Table *table, size_t more, size_t percent) {
    Part old;
    if (renew(table, NUMBERS, slots_for(COUNT(table, OWNERS) - table->dead_count + more, percent), &old) != DONE)
        return NO_MEMORY;
    free(old.at);
    for (uint32_t number = 0; number < COUNT(table, OWNERS); number++) {
        if (is_dead(table, number)) continue;
        *number_slot(table, PART(table, OWNERS, uint32_t)[number]) = number;
        USED(table, NUMBERS)++;
    }
    return DONE;
}

/* The number of an owner, given now where there is none. NONE: no memory. */
static uint32_t number_of(Table *table, uint32_t owner) {
    if (is_full(table, NUMBERS, 1) && lay_out_numbers(table, COUNT(table, OWNERS) + 16, 75) != DONE) return NONE;
    uint32_t *slot = number_slot(table, owner), number = (uint32_t)COUNT(table, OWNERS);
    if (*slot != NONE && !is_dead(table, *slot)) return *slot;
    if (number >= NUMBER || reserve(table, OWNERS, 1) != DONE) return NONE;
    if (*slot == NONE) USED(table, NUMBERS)++;
    PART(table, OWNERS, uint32_t)[number] = owner;
    COUNT(table, OWNERS)++;
    *slot = number;
    return number;
}

/* 1: gone from now on; 0: was not there. */
static int remove_owner(Table *table, uint32_t owner) {
    uint32_t number = find_owner(table, owner);
    if (number == NONE) return 0;
    if (number / 8 >= table->dead_room) {
        size_t room = owner_count(table) / 4 + 64;
        uint8_t *dead = realloc(table->dead, room);
        if (!dead) return NO_MEMORY;
        memset(dead + table->dead_room, 0, room - table->dead_room);
        table->dead = dead;
        table->dead_room = room;
    }
    table->dead[number >> 3] |= (uint8_t)(1 << (number & 7));
    table->dead_count++;
    return 1;
}

static int link_owner(Table *table, uint32_t *owners, uint32_t owner) {
    if (*owners == NONE) {
        *owners = owner;
        return DONE;
    }
    if (reserve(table, NODES, 2) != DONE) return NO_MEMORY;
    Node *nodes = PART(table, NODES, Node);
    size_t *count = &COUNT(table, NODES);
    if (*count + 2 >= LISTED) return NO_MEMORY;
    if (!(*owners & LISTED)) {
        nodes[*count] = (Node){*owners, NONE};
        *owners = LISTED | (uint32_t)(*count)++;
    }
    nodes[*count] = (Node){owner, *owners & ~LISTED};
    *owners = LISTED | (uint32_t)(*count)++;
    return DONE;
}

static int own_name(Table *table, uint32_t name, uint32_t owner) {
    uint32_t owners = owners_of(table, name);
    if (link_owner(table, &owners, owner) != DONE) return NO_MEMORY;
    memcpy(PART(table, POOL, uint8_t) + name, &owners, sizeof owners);
    return DONE;
}

/* Every owner of a name or a pair, one after the other: `for (Walk w = …; w.owner != NONE; step(table, &w))`. */
typedef struct {
    uint32_t owner, next; /* in a packed table `next` is how many are left */
    uint32_t before;
    const uint8_t *at, *of; /* in a packed table: the others; the owners that they count, four bytes each (NULL: all) */
} Walk;

static inline uint32_t four(const uint8_t *at) {
    uint32_t number;
    memcpy(&number, at, sizeof number);
    return number;
}

static inline void step(const Table *table, Walk *walk) {
    if (!walk->at) {
        Node end = {NONE, NONE}, node = walk->next == NONE ? end : PART(table, NODES, Node)[walk->next];
        walk->owner = node.owner;
        walk->next = node.next;
        return;
    }
    walk->owner = NONE;
    if (!walk->next) return;
    uint32_t one = read_number(&walk->at);
    walk->next--;
    walk->before += one >> 1;
    walk->owner = (walk->of ? four(walk->of + 4 * (size_t)walk->before) : walk->before) | (one & 1 ? WITH_SLIPS : 0);
}

/* Those of a field of the form that grows. */
static inline Walk walk(const Table *table, uint32_t owners) {
    Walk first = {owners, NONE, 0, NULL, NULL};
    if (owners != NONE && owners & LISTED) {
        first.next = owners & ~LISTED;
        step(table, &first);
    }
    return first;
}

/* ---- adding ----------------------------------------------------------------------------------------------------- */

/* The number of a name, stored now where it was not. `text` is as it stands in the pool. NONE: no memory. */
static uint32_t intern(Table *table, const uint8_t *text) {
    Keys keys;
    if (keys_of(table, text, &keys) != DONE) return NONE;
    const Slot *slots = PART(table, SLOTS, Slot);
    for (size_t at = home(keys.key, COUNT(table, SLOTS)); slots[at].name != NONE;) {
        if (slots[at].check == (uint32_t)keys.key &&
            !strcmp((const char *)text_of(table, slots[at].name), (const char *)text)) {
            return slots[at].name;
        }
        at = at + 1 == COUNT(table, SLOTS) ? 0 : at + 1;
    }
    size_t size = BEFORE_TEXT + strlen((const char *)text) + 1, at = COUNT(table, POOL);
    if (at + size >= CELL) return NONE;
    if (is_full(table, SLOTS, 1) || is_full(table, GLUED, 1) || is_full(table, WORDS, keys.tokens)) {
        if (lay_out_names(table, USED(table, NAMES) / 2 + 16, USED(table, WORDS) / 2 + keys.tokens + 16, 75) != DONE)
            return NONE;
    }
    if (reserve(table, POOL, size) != DONE) return NONE;
    uint8_t *record = PART(table, POOL, uint8_t) + at;
    memset(record, 0xFF, 4);
    record[4] = 0;
    memcpy(record + BEFORE_TEXT, text, size - BEFORE_TEXT);
    memset(record + size, 0, SLACK);
    COUNT(table, POOL) += size;
    USED(table, NAMES)++;
    return enter(table, (uint32_t)at) == DONE ? (uint32_t)at : NONE;
}

/* May this name be found with a slip at all? If so, make its words known. 1, 0 or NO_MEMORY. */
static int want_slips(Table *table, uint32_t name) {
    const uint8_t *text = text_of(table, name);
    Keys keys;
    if (*flags_of(table, name) & SLIPS) return 1;
    if (sigil_of(text)) return 0;
    if (keys_of(table, text, &keys) != DONE) return NO_MEMORY;
    if (keys.letters < SLIP_LETTERS) return 0;
    size_t most = keys.letters + keys.tokens, halves = 6 * keys.tokens;
    if (is_full(table, NEAR, most) || USED(table, HALVES) + halves > COUNT(table, HALVES) * HALVED) {
        size_t more = USED(table, NEAR) + most + 64, more_halves = USED(table, HALVES) + halves;
        if (lay_out_near(table, more, more_halves, 75) != DONE) return NO_MEMORY;
    }
    *flags_of(table, name) |= SLIPS;
    each_near(table, text, mark_beside);
    enter_near(table, text);
    return 1;
}

static int pair_up(Table *table, uint32_t name, uint32_t other, uint32_t owner) {
    if (is_full(table, PAIRS, 1) && lay_out_pairs(table, USED(table, PAIRS) + 16, 75) != DONE) return NO_MEMORY;
    Pair *pair = pair_of(table, name, other);
    if (pair->name == NONE) {
        *pair = (Pair){name, other, NONE};
        USED(table, PAIRS)++;
    }
    return link_owner(table, &pair->owners, owner);
}

static size_t table_bytes(const Table *table) {
    size_t bytes = table->dead_room;
    for (int part = 0; part < PARTS; part++) bytes += COUNT(table, part) * ITEM[part];
    return bytes;
}

#endif
