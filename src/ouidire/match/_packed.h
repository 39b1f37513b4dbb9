/* The other form of a table: all it holds in half the room, for a file that many processes map. Nothing is added to it.

   Words stand in the pool, each once and closed by a nought, the frequent ones first. A name is a record: a byte of the
   hash of its letters, the size of what follows, what it is (`name_at` reads it), its owners, and its words as their
   places in the pool. Records lie in the order of those hashes, and BUCKETS says where in them a hash would be: one
   search finds a name in several pieces and in one. BESIDE has for each name that counts only beside something its
   owners, and which of them count beside which context or in which cell, in order. */

#ifndef OUIDIRE_PACKED_H
#define OUIDIRE_PACKED_H

#include <stddef.h>

#include "_table.h"

/* What a record says of its name, beside CONDITIONAL and CONTEXT. */
enum { TAG = 4, HANDLE = 8, OWNED = 16, OWNED_SLIPS = 32, SHARED = 64 }; /* one owner; who wants slips; several */
enum { A_BUCKET = 4, A_GROUP = 16 }; /* so many names a bucket on average; so many pairs behind each that is sought */

/* ---- reading, from a table of either form ------------------------------------------------------------------------ */

typedef struct {
    const uint8_t *at, *end; /* `end` is NULL where the name stands in the pool, NULL as `at` where no word is left */
} Words;

typedef struct {
    Words words;
    Walk owners;
    uint32_t as_name, as_context; /* what pairs call it: its place in the pool; in a packed table where its pairs are in
                                     BESIDE, and its number among the contexts */
    uint8_t flags, sigil;
} Name;

/* The next word, closed by a nought or a space, or NULL. */
static inline const uint8_t *next_word(const Table *table, Words *words) {
    const uint8_t *word = words->at;
    if (words->end) return word < words->end ? PART(table, POOL, uint8_t) + read_number(&words->at) : NULL;
    if (word) words->at = word[word_size(word)] ? word + word_size(word) + 1 : NULL;
    return word;
}

static inline size_t words_in(const Table *table, Words words) {
    size_t count = 0;
    while (next_word(table, &words)) count++;
    return count;
}

static inline const uint8_t *next_record(const uint8_t *record) {
    record++;
    uint32_t size = read_number(&record);
    return record + size;
}

static inline Name packed_name(const Table *table, uint32_t place) {
    const uint8_t *at = PART(table, RECORDS, uint8_t) + place + 1;
    uint32_t size = read_number(&at);
    const uint8_t *end = at + size;
    Name name = {{NULL, end}, {NONE, 0, 0, at, NULL}, 0, 0, *at, 0};
    name.sigil = *at & TAG ? '#' : *at & HANDLE ? '@' : 0;
    at++;
    if (name.flags & CONTEXT) name.as_context = read_number(&at);
    if (name.flags & CONDITIONAL) name.as_name = read_number(&at);
    if (name.flags & OWNED) name.owners.owner = read_number(&at) | (name.flags & OWNED_SLIPS ? WITH_SLIPS : 0);
    if (name.flags & SHARED) {
        name.owners.next = read_number(&at);
        size = read_number(&at);
        name.owners.at = at;
        at += size;
        step(table, &name.owners);
    }
    name.words.at = at;
    return name;
}

static inline Name name_at(const Table *table, uint32_t place) {
    if (is_packed(table)) return packed_name(table, place);
    const uint8_t *text = text_of(table, place), sigil = sigil_of(text);
    return (Name){{text + (sigil != 0), NULL}, walk(table, owners_of(table, place)), place, place,
                  *flags_of(table, place), sigil};
}

/* The names that have a hash: in the form that grows those of SLOTS or of GLUED, by their own hash; in the other those
   of a bucket, by that of their letters. Some have another one, and must be compared. */
typedef struct {
    size_t at, end;
    uint32_t check; /* the low half of the hash; in a packed table the lowest byte of that of the letters */
    int part;
} Search;

static inline Search search(const Table *table, int part, uint64_t hash) {
    if (!is_packed(table)) return (Search){home(hash, COUNT(table, part)), 0, (uint32_t)hash, part};
    const uint32_t *bucket = PART(table, BUCKETS, uint32_t) + home(hash, COUNT(table, BUCKETS) - 1);
    return (Search){bucket[0], bucket[1], (uint8_t)hash, RECORDS};
}

/* The place of the next one, or NONE. */
static inline uint32_t next_found(const Table *table, Search *search) {
    if (search->part == RECORDS) {
        const uint8_t *records = PART(table, RECORDS, uint8_t);
        while (search->at < search->end) {
            uint32_t place = (uint32_t)search->at;
            search->at = (size_t)(next_record(records + place) - records);
            if (records[place] == search->check) return place;
        }
        return NONE;
    }
    for (;;) {
        size_t at = search->at;
        search->at = at + 1 == COUNT(table, search->part) ? 0 : at + 1;
        if (search->part == GLUED) return PART(table, GLUED, uint32_t)[at];
        Slot slot = PART(table, SLOTS, Slot)[at];
        if (slot.name == NONE || slot.check == search->check) return slot.name;
    }
}

/* ---- pairs: in BESIDE, of one name ------------------------------------------------------------------------------- */

/* Behind the count of a name's owners and these come its contexts, then its cells: how many there are, and how many
   bytes their pairs take; of each group of pairs but the first which one it begins with and where (four bytes each:
   `group_at`); then the pairs. A pair is how much larger `other` is than in the one before, and its owner, or how many
   they are, how many bytes they take, and they; the lowest bit says which. */
typedef struct {
    const uint8_t *owners, *groups, *pairs;
    uint32_t count, size;
} Side;

/* How many groups so many pairs make behind the first, and where in `groups` it stands what group `number` begins with:
   that of number nought is not said. */
enum { GROUP_BYTES = 8 };
static inline size_t groups_in(size_t pairs) { return pairs ? (pairs - 1) / A_GROUP : 0; }
static inline size_t group_at(size_t number) { return GROUP_BYTES * (number - 1); }

static Side side_of(const Table *table, uint32_t name, int is_cell) {
    const uint8_t *at = PART(table, BESIDE, uint8_t) + name;
    uint32_t owners = read_number(&at);
    Side side = {at, at + 4 * (size_t)owners, NULL, 0, 0};
    for (int i = 0; i <= is_cell; i++) {
        at = side.groups + side.size;
        side.count = read_number(&at);
        side.size = read_number(&at);
        side.groups = at;
        side.pairs = at + GROUP_BYTES * groups_in(side.count);
    }
    return side;
}

/* The owners of the pair that `at` stands on, behind `other`. */
static Walk pair_owners(const Table *table, const Side *side, const uint8_t **at) {
    uint32_t head = read_number(at), size;
    if (!(head & 1)) {
        uint32_t owner = four(side->owners + 4 * (size_t)(head >> 2));
        return (Walk){owner | (head & 2 ? WITH_SLIPS : 0), 0, 0, *at, NULL};
    }
    size = read_number(at);
    Walk several = {NONE, head >> 1, 0, *at, side->owners};
    *at += size;
    step(table, &several);
    return several;
}

static Walk packed_pair(const Table *table, uint32_t name, uint32_t other, int is_cell) {
    Side side = side_of(table, name, is_cell);
    uint32_t low = 0, high = (uint32_t)groups_in(side.count) + 1, at_hand = 0;
    while (high > low + 1) {
        uint32_t middle = low + (high - low) / 2;
        if (four(side.groups + group_at(middle)) <= other) low = middle;
        else high = middle;
    }
    const uint8_t *at = side.pairs;
    if (low) at_hand = four(side.groups + group_at(low)), at += four(side.groups + group_at(low) + 4);
    for (uint32_t i = low * A_GROUP; i < side.count && i < (low + 1) * A_GROUP && at_hand <= other; i++) {
        at_hand += read_number(&at);
        Walk owners = pair_owners(table, &side, &at);
        if (at_hand == other) return owners;
    }
    return (Walk){NONE, 0, 0, at, NULL};
}

/* To whom a name counts beside a context, or in a cell. */
static Walk beside(const Table *table, uint32_t name, uint32_t other, int is_cell) {
    if (is_packed(table)) return packed_pair(table, name, other, is_cell);
    return walk(table, pair_of(table, is_cell ? name | CELL : name, other)->owners);
}

/* ---- writing anew what lives ------------------------------------------------------------------------------------- */

/* The living of `owners` to a name of `into`, or to its pair with `other` (then `name` may bear CELL). */
static int absorb_owners(Table *into, const Table *from, Walk owners, uint32_t name, uint32_t other, int is_pair) {
    for (; owners.owner != NONE; step(from, &owners)) {
        uint32_t number = owners.owner & NUMBER;
        if (is_dead(from, number)) continue;
        uint32_t owner = number_of(into, owner_at(from, number));
        if (owner == NONE) return NO_MEMORY;
        if (owners.owner & WITH_SLIPS) {
            if (want_slips(into, name & ~CELL) < 0) return NO_MEMORY;
            owner |= WITH_SLIPS;
        }
        int state = is_pair ? pair_up(into, name, other, owner) : own_name(into, name, owner);
        if (state != DONE) return NO_MEMORY;
    }
    return DONE;
}

static int has_living(const Table *table, Walk owners) {
    for (; owners.owner != NONE; step(table, &owners)) {
        if (!is_dead(table, owners.owner & NUMBER)) return 1;
    }
    return 0;
}

/* Room for `more` bytes behind those of a scratch, and slack. */
static int more_room(Part *part, size_t more) {
    if (part->count + more + SLACK <= part->room) return DONE;
    size_t room = 2 * (part->count + more + SLACK);
    void *at = realloc(part->at, room);
    if (!at) return NO_MEMORY;
    part->at = at;
    part->room = room;
    return DONE;
}

/* The name at a place, as it would stand in the pool of the form that grows, into `text`. */
static int write_name(const Table *table, uint32_t place, Part *text) {
    Name name = name_at(table, place);
    uint8_t between = name.sigil;
    text->count = 0;
    for (const uint8_t *word; (word = next_word(table, &name.words)); between = ' ') {
        size_t size = word_size(word);
        if (more_room(text, size + 1) != DONE) return NO_MEMORY;
        uint8_t *to = (uint8_t *)text->at + text->count;
        if (between) *to++ = between;
        memcpy(to, word, size);
        memset(to + size, 0, SLACK);
        text->count = (size_t)(to + size - (uint8_t *)text->at);
    }
    return DONE;
}

/* One pair: of the name at a place with the context at another, or (NONE) with a cell. */
static int absorb_pair(Table *into, const Table *from, uint32_t place, uint32_t context, uint32_t cell, Walk owners,
                       Part *text) {
    uint32_t name, other = cell;
    if (!has_living(from, owners)) return DONE;
    if (write_name(from, place, text) != DONE || (name = intern(into, text->at)) == NONE) return NO_MEMORY;
    *flags_of(into, name) |= CONDITIONAL;
    if (context == NONE) return absorb_owners(into, from, owners, name | CELL, other, 1);
    if (write_name(from, context, text) != DONE || (other = intern(into, text->at)) == NONE) return NO_MEMORY;
    *flags_of(into, other) |= CONTEXT;
    return absorb_owners(into, from, owners, name, other, 1);
}

/* The pairs of one name of a packed table; `contexts` has the place of each context. */
static int absorb_side(Table *into, const Table *from, uint32_t place, int is_cell, const uint32_t *contexts,
                       Part *text) {
    Side side = side_of(from, packed_name(from, place).as_name, is_cell);
    const uint8_t *at = side.pairs;
    uint32_t other = 0;
    for (uint32_t i = 0; i < side.count; i++) {
        if (i && i % A_GROUP == 0) other = four(side.groups + group_at(i / A_GROUP));
        other += read_number(&at);
        Walk owners = pair_owners(from, &side, &at);
        if (absorb_pair(into, from, place, is_cell ? NONE : contexts[other], other, owners, text) != DONE)
            return NO_MEMORY;
    }
    return DONE;
}

static inline uint32_t next_place(const Table *table, uint32_t place) {
    if (!is_packed(table)) return next_name(table, place);
    const uint8_t *records = PART(table, RECORDS, uint8_t);
    return (uint32_t)(next_record(records + place) - records);
}

static inline size_t last_place(const Table *table) { return COUNT(table, is_packed(table) ? RECORDS : POOL); }

static int absorb_packed_pairs(Table *into, const Table *from, Part *text) {
    uint32_t *contexts = malloc((size_t)(USED(from, STANDING) + 1) * sizeof *contexts);
    int state = contexts ? DONE : NO_MEMORY;
    for (uint32_t place = 0; contexts && place < last_place(from); place = next_place(from, place)) {
        Name name = packed_name(from, place);
        if (name.flags & CONTEXT) contexts[name.as_context] = place;
    }
    for (uint32_t place = 0; state == DONE && place < last_place(from); place = next_place(from, place)) {
        if (!(packed_name(from, place).flags & CONDITIONAL)) continue;
        state = absorb_side(into, from, place, 0, contexts, text);
        if (state == DONE) state = absorb_side(into, from, place, 1, contexts, text);
    }
    free(contexts);
    return state;
}

static int absorb_pairs(Table *into, const Table *from, Part *text) {
    if (is_packed(from)) return absorb_packed_pairs(into, from, text);
    for (size_t i = 0; i < COUNT(from, PAIRS); i++) {
        Pair pair = PART(from, PAIRS, Pair)[i];
        if (pair.name == NONE) continue;
        uint32_t context = pair.name & CELL ? NONE : pair.other;
        if (absorb_pair(into, from, pair.name & ~CELL, context, pair.other, walk(from, pair.owners), text) != DONE)
            return NO_MEMORY;
    }
    return DONE;
}

static int absorb(Table *into, const Table *from, Part *text) {
    for (uint32_t place = 0; place < last_place(from); place = next_place(from, place)) {
        Walk owners = name_at(from, place).owners;
        uint32_t mine;
        if (!has_living(from, owners)) continue;
        if (write_name(from, place, text) != DONE || (mine = intern(into, text->at)) == NONE) return NO_MEMORY;
        if (absorb_owners(into, from, owners, mine, 0, 0) != DONE) return NO_MEMORY;
    }
    return absorb_pairs(into, from, text);
}

/* Number the living owners of some tables in their own order. */
static int enlist(Table *into, Table *const *from, int count) {
    size_t room = 0, found = 0;
    for (int i = 0; i < count; i++) room += owner_count(from[i]);
    uint32_t *owners = malloc((room + 1) * sizeof *owners);
    int state = owners ? DONE : NO_MEMORY;
    for (int i = 0; owners && i < count; i++) {
        for (uint32_t number = 0; number < owner_count(from[i]); number++) {
            if (!is_dead(from[i], number)) owners[found++] = owner_at(from[i], number);
        }
    }
    if (found) qsort(owners, found, sizeof *owners, by_number);
    for (size_t i = 0; state == DONE && i < found; i++) {
        if (number_of(into, owners[i]) == NONE) state = NO_MEMORY;
    }
    free(owners);
    return state;
}

/* ---- packing ----------------------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t place, number;
} Numbered; /* what pairs will call a name, by its place in the pool */

/* A table about to be packed, and the one that becomes of it. */
typedef struct {
    Table *from, *into;
    Numbered *names, *contexts; /* those that count only beside something; what they count beside: in order */
    size_t name_count, context_count;
    uint32_t *owners; /* of what is at hand: number and, as the lowest bit, WITH_SLIPS; in order, each once */
    size_t owner_count, owner_room;
} Packing;

static int put(Table *table, int part, uint32_t number) {
    if (reserve(table, part, 5) != DONE) return NO_MEMORY;
    COUNT(table, part) += write_number(PART(table, part, uint8_t) + COUNT(table, part), number);
    return DONE;
}

static int put_four(Table *table, int part, uint32_t number) {
    if (reserve(table, part, 4) != DONE) return NO_MEMORY;
    memcpy(PART(table, part, uint8_t) + COUNT(table, part), &number, 4);
    COUNT(table, part) += 4;
    return DONE;
}

/* Put before the bytes from `start` on how many they are. */
static int put_size(Table *table, int part, size_t start) {
    uint8_t number[5];
    size_t count = COUNT(table, part) - start, size = write_number(number, (uint32_t)count);
    if (count >= NONE || reserve(table, part, size) != DONE) return NO_MEMORY;
    uint8_t *at = PART(table, part, uint8_t) + start;
    memmove(at + size, at, count);
    memcpy(at, number, size);
    COUNT(table, part) += size;
    return DONE;
}

/* -- words */

typedef struct {
    uint64_t hash;
    uint32_t place, times;
} Counted;

/* The words of a table, each once, by a hash table of their numbers. */
typedef struct {
    Counted *words;
    size_t count;
    Part slots;
} Tally;

static int widen(Tally *tally) {
    Part slots;
    size_t room = tally->slots.count * 2 + 1024;
    Counted *words = realloc(tally->words, room / 2 * sizeof *words);
    if (!words) return NO_MEMORY;
    tally->words = words;
    if (fresh(&slots, 4, room, 0xFF) != DONE) return NO_MEMORY;
    free(tally->slots.at);
    tally->slots = slots;
    for (size_t i = 0; i < tally->count; i++) {
        size_t at = home(mixed(words[i].hash), room);
        while (((uint32_t *)slots.at)[at] != NONE) at = at + 1 == room ? 0 : at + 1;
        ((uint32_t *)slots.at)[at] = (uint32_t)i;
    }
    return DONE;
}

static int count_word(const Table *table, Tally *tally, const uint8_t *word) {
    if (tally->count + 1 >= tally->slots.count / 2 && widen(tally) != DONE) return NO_MEMORY;
    size_t size = word_size(word), room = tally->slots.count;
    uint64_t hash = token_hash(word, size);
    uint32_t *slots = tally->slots.at;
    size_t at = home(mixed(hash), room);
    for (; slots[at] != NONE; at = at + 1 == room ? 0 : at + 1) {
        Counted *one = &tally->words[slots[at]];
        if (one->hash == hash && same_word(table, one->place, word, size)) {
            one->times++;
            return DONE;
        }
    }
    slots[at] = (uint32_t)tally->count;
    tally->words[tally->count++] = (Counted){hash, (uint32_t)(word - PART(table, POOL, uint8_t)), 1};
    return DONE;
}

static int by_times(const void *one, const void *other) {
    const Counted *a = one, *b = other;
    if (a->times != b->times) return a->times > b->times ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

/* Every word into the pool, those that stand in many names first: their places are the smaller numbers. */
static int write_words(Table *into, const Table *from, Tally *tally) {
    if (tally->count) qsort(tally->words, tally->count, sizeof *tally->words, by_times);
    if (fresh(&into->dictionary, 4, slots_for(tally->count, 50), 0xFF) != DONE) return NO_MEMORY;
    for (size_t i = 0; i < tally->count; i++) {
        const uint8_t *word = PART(from, POOL, uint8_t) + tally->words[i].place;
        size_t size = word_size(word), place = COUNT(into, POOL);
        if (place + size + 1 >= CELL || reserve(into, POOL, size + 1) != DONE) return NO_MEMORY;
        uint8_t *to = PART(into, POOL, uint8_t) + place;
        memcpy(to, word, size);
        memset(to + size, 0, SLACK);
        COUNT(into, POOL) += size + 1;
        *word_slot(into, &into->dictionary, mixed(tally->words[i].hash), word, size) = (uint32_t)place;
    }
    return DONE;
}

static int pack_words(const Packing *packing) {
    const Table *from = packing->from;
    Tally tally = {NULL, 0, {NULL, 0, 0}};
    int state = DONE;
    for (uint32_t place = 0; state == DONE && place < COUNT(from, POOL); place = next_name(from, place)) {
        Words words = name_at(from, place).words;
        for (const uint8_t *word; state == DONE && (word = next_word(from, &words));)
            state = count_word(from, &tally, word);
    }
    if (state == DONE) state = write_words(packing->into, from, &tally);
    free(tally.words);
    free(tally.slots.at);
    return state;
}

/* -- owners */

static int pack_owners(const Packing *packing) {
    Table *into = packing->into;
    const uint32_t *owners = PART(packing->from, OWNERS, uint32_t);
    size_t count = COUNT(packing->from, OWNERS);
    for (size_t i = 0; i < count; i++) {
        if (i % STRIDE) {
            if (put(into, SERIES, owners[i] - owners[i - 1]) != DONE) return NO_MEMORY;
            continue;
        }
        if (reserve(into, OWNERS, 2) != DONE || COUNT(into, SERIES) >= NONE) return NO_MEMORY;
        uint32_t *stretch = PART(into, OWNERS, uint32_t) + COUNT(into, OWNERS);
        stretch[0] = owners[i], stretch[1] = (uint32_t)COUNT(into, SERIES);
        COUNT(into, OWNERS) += 2;
    }
    USED(into, OWNERS) = count;
    return DONE;
}

/* Add those of a field to what is at hand. */
static int collect(Packing *packing, uint32_t owners) {
    for (Walk w = walk(packing->from, owners); w.owner != NONE; step(packing->from, &w)) {
        if (packing->owner_count == packing->owner_room) {
            size_t room = packing->owner_room * 2 + 64;
            uint32_t *more = realloc(packing->owners, room * sizeof *more);
            if (!more) return NO_MEMORY;
            packing->owners = more;
            packing->owner_room = room;
        }
        packing->owners[packing->owner_count++] = (w.owner & NUMBER) << 1 | (w.owner & WITH_SLIPS ? 1 : 0);
    }
    return DONE;
}

/* Put what is at hand in order, each once. */
static void sort_owners(Packing *packing) {
    uint32_t *owners = packing->owners;
    size_t kept = 0;
    if (packing->owner_count) qsort(owners, packing->owner_count, sizeof *owners, by_number);
    for (size_t i = 0; i < packing->owner_count; i++) {
        if (kept && owners[kept - 1] >> 1 == owners[i] >> 1) owners[kept - 1] |= owners[i];
        else owners[kept++] = owners[i];
    }
    packing->owner_count = kept;
}

/* What is at hand, behind the bytes that it takes: of each owner how much larger its number is than the one before. */
static int put_owners(const Packing *packing, int part) {
    Table *into = packing->into;
    size_t start = COUNT(into, part);
    uint32_t before = 0;
    for (size_t i = 0; i < packing->owner_count; i++) {
        uint32_t number = packing->owners[i] >> 1;
        if (put(into, part, (number - before) << 1 | (packing->owners[i] & 1)) != DONE) return NO_MEMORY;
        before = number;
    }
    return put_size(into, part, start);
}

/* -- pairs */

static int by_place(const void *one, const void *other) {
    uint32_t a = ((const Numbered *)one)->place, b = ((const Numbered *)other)->place;
    return (a > b) - (a < b);
}

/* The one of a place. It is there: whatever has a pair or is in one bears the flag by which they were listed. */
static Numbered *numbered(Numbered *some, size_t count, uint32_t place) {
    Numbered key = {place, 0};
    return bsearch(&key, some, count, sizeof key, by_place);
}

/* The names with a flag, in the order of their places. NULL: no memory. */
static Numbered *list_names(const Table *from, uint8_t flag, size_t *count) {
    Numbered *found = NULL;
    for (int pass = 0; pass < 2; pass++) {
        *count = 0;
        for (uint32_t place = 0; place < COUNT(from, POOL); place = next_name(from, place)) {
            if (!(*flags_of(from, place) & flag)) continue;
            if (pass) found[*count] = (Numbered){place, NONE};
            ++*count;
        }
        if (!pass && !(found = malloc((*count + 1) * sizeof *found))) return NULL;
    }
    return found;
}

static int by_pair(const void *one, const void *other) {
    const Pair *a = one, *b = other;
    uint32_t first = a->name & ~CELL, second = b->name & ~CELL;
    if (first != second) return first < second ? -1 : 1;
    if (a->name != b->name) return a->name < b->name ? -1 : 1;
    return (a->other > b->other) - (a->other < b->other);
}

static int pack_pair(Packing *packing, const Pair *pair, const uint32_t *its, size_t its_count, uint32_t before) {
    Table *into = packing->into;
    packing->owner_count = 0;
    if (put(into, BESIDE, pair->other - before) != DONE || collect(packing, pair->owners) != DONE) return NO_MEMORY;
    sort_owners(packing);
    for (size_t i = 0; i < packing->owner_count; i++) { /* by their places among those of the name */
        uint32_t number = packing->owners[i] >> 1;
        const uint32_t *at = bsearch(&number, its, its_count, sizeof number, by_number);
        packing->owners[i] = (uint32_t)(at - its) << 1 | (packing->owners[i] & 1);
    }
    if (packing->owner_count == 1) return put(into, BESIDE, packing->owners[0] << 1);
    if (put(into, BESIDE, (uint32_t)packing->owner_count << 1 | 1) != DONE) return NO_MEMORY;
    return put_owners(packing, BESIDE);
}

/* Those of a name with its contexts, or with its cells; of a context `other` is its number. */
static int pack_side(Packing *packing, const Pair *pairs, size_t count, const uint32_t *its, size_t its_count) {
    Table *into = packing->into;
    size_t groups = groups_in(count), start, first;
    if (put(into, BESIDE, (uint32_t)count) != DONE) return NO_MEMORY;
    start = COUNT(into, BESIDE);
    for (size_t i = 0; i < 2 * groups; i++) {
        if (put_four(into, BESIDE, 0) != DONE) return NO_MEMORY;
    }
    first = COUNT(into, BESIDE);
    for (size_t i = 0; i < count; i++) {
        if (i && i % A_GROUP == 0) {
            uint32_t group[] = {pairs[i].other, (uint32_t)(COUNT(into, BESIDE) - first)};
            memcpy(PART(into, BESIDE, uint8_t) + start + group_at(i / A_GROUP), group, GROUP_BYTES);
        }
        uint32_t before = !i ? 0 : i % A_GROUP ? pairs[i - 1].other : pairs[i].other;
        if (pack_pair(packing, &pairs[i], its, its_count, before) != DONE) return NO_MEMORY;
    }
    return put_size(into, BESIDE, start);
}

/* Call the contexts of a name by their numbers, given now where there is none: so they are near each other. */
static void number_contexts(Packing *packing, Pair *pairs, size_t count) {
    Table *into = packing->into;
    for (size_t i = 0; i < count && !(pairs[i].name & CELL); i++) {
        Numbered *context = numbered(packing->contexts, packing->context_count, pairs[i].other);
        if (context->number == NONE) context->number = (uint32_t)USED(into, STANDING)++;
        pairs[i].other = context->number;
    }
    qsort(pairs, count, sizeof *pairs, by_pair);
}

/* All pairs of one name. */
static int pack_beside(Packing *packing, Pair *pairs, size_t count) {
    Table *into = packing->into;
    size_t contexts = 0, its_count;
    packing->owner_count = 0;
    number_contexts(packing, pairs, count);
    for (size_t i = 0; i < count; i++) {
        contexts += !(pairs[i].name & CELL);
        if (collect(packing, pairs[i].owners) != DONE) return NO_MEMORY;
    }
    sort_owners(packing);
    its_count = packing->owner_count;
    uint32_t *its = malloc((its_count + 1) * sizeof *its);
    int state = its ? DONE : NO_MEMORY;
    if (COUNT(into, BESIDE) >= CELL) state = NO_MEMORY;
    numbered(packing->names, packing->name_count, pairs->name & ~CELL)->number = (uint32_t)COUNT(into, BESIDE);
    if (state == DONE) state = put(into, BESIDE, (uint32_t)its_count);
    for (size_t i = 0; state == DONE && i < its_count; i++) {
        its[i] = packing->owners[i] >> 1;
        state = put_four(into, BESIDE, its[i]);
    }
    if (state == DONE) state = pack_side(packing, pairs, contexts, its, its_count);
    if (state == DONE) state = pack_side(packing, pairs + contexts, count - contexts, its, its_count);
    free(its);
    return state;
}

static int pack_pairs(Packing *packing) {
    Table *from = packing->from;
    Pair *pairs = malloc((size_t)(USED(from, PAIRS) + 1) * sizeof *pairs);
    size_t count = 0;
    int state = pairs ? DONE : NO_MEMORY;
    for (size_t i = 0; pairs && i < COUNT(from, PAIRS); i++) {
        if (PART(from, PAIRS, Pair)[i].name != NONE) pairs[count++] = PART(from, PAIRS, Pair)[i];
    }
    if (count) qsort(pairs, count, sizeof *pairs, by_pair);
    for (size_t first = 0, last; state == DONE && first < count; first = last) {
        uint32_t name = pairs[first].name & ~CELL;
        for (last = first + 1; last < count && (pairs[last].name & ~CELL) == name;) last++;
        state = pack_beside(packing, pairs + first, last - first);
    }
    free(pairs);
    return state;
}

/* -- records */

static int put_record(Packing *packing, uint32_t place, uint8_t check) {
    Table *into = packing->into;
    const Table *from = packing->from;
    Name name = name_at(from, place);
    packing->owner_count = 0;
    if (collect(packing, owners_of(from, place)) != DONE || put(into, RECORDS, 0) != DONE) return NO_MEMORY;
    sort_owners(packing);
    size_t start = COUNT(into, RECORDS), owners = packing->owner_count;
    uint8_t flags = (name.flags & (CONDITIONAL | CONTEXT)) | (name.sigil == '#' ? TAG : name.sigil ? HANDLE : 0);
    flags |= owners > 1 ? SHARED : owners ? OWNED | (packing->owners[0] & 1 ? OWNED_SLIPS : 0) : 0;
    PART(into, RECORDS, uint8_t)[start - 1] = check;
    if (put(into, RECORDS, flags) != DONE) return NO_MEMORY;
    if (flags & CONTEXT &&
        put(into, RECORDS, numbered(packing->contexts, packing->context_count, place)->number) != DONE)
        return NO_MEMORY;
    if (flags & CONDITIONAL &&
        put(into, RECORDS, numbered(packing->names, packing->name_count, place)->number) != DONE)
        return NO_MEMORY;
    if (flags & OWNED && put(into, RECORDS, packing->owners[0] >> 1) != DONE) return NO_MEMORY;
    if (flags & SHARED && (put(into, RECORDS, (uint32_t)owners) != DONE || put_owners(packing, RECORDS) != DONE))
        return NO_MEMORY;
    for (const uint8_t *word; (word = next_word(from, &name.words));) {
        size_t size = word_size(word);
        if (put(into, RECORDS, place_of(into, word, size, token_hash(word, size))) != DONE) return NO_MEMORY;
    }
    return COUNT(into, RECORDS) < CELL ? put_size(into, RECORDS, start) : NO_MEMORY;
}

typedef struct {
    uint64_t hash; /* of its letters */
    uint32_t name;
} Lettered;

static int by_hash(const void *one, const void *other) {
    const Lettered *a = one, *b = other;
    if (a->hash != b->hash) return a->hash < b->hash ? -1 : 1;
    return (a->name > b->name) - (a->name < b->name);
}

/* Records in the order of their hashes, and where each bucket begins. */
static int write_records(Packing *packing, const Lettered *names, size_t count) {
    Table *into = packing->into;
    size_t buckets = count / A_BUCKET + 1, begun = 0;
    if (reserve(into, BUCKETS, buckets + 1) != DONE) return NO_MEMORY;
    COUNT(into, BUCKETS) = buckets + 1;
    uint32_t *begin = PART(into, BUCKETS, uint32_t);
    for (size_t i = 0; i < count; i++) {
        while (begun <= home(names[i].hash, buckets)) begin[begun++] = (uint32_t)COUNT(into, RECORDS);
        if (put_record(packing, names[i].name, (uint8_t)names[i].hash) != DONE) return NO_MEMORY;
    }
    while (begun <= buckets) begin[begun++] = (uint32_t)COUNT(into, RECORDS);
    return DONE;
}

static int pack_records(Packing *packing) {
    Table *from = packing->from;
    Lettered *names = malloc((size_t)(USED(from, NAMES) + 1) * sizeof *names);
    size_t count = 0;
    int state = names ? DONE : NO_MEMORY;
    for (uint32_t place = 0; state == DONE && place < COUNT(from, POOL); place = next_name(from, place)) {
        Keys keys;
        state = announce(packing->into, text_of(from, place), *flags_of(from, place), &keys);
        names[count++] = (Lettered){keys.glued, place};
    }
    if (state == DONE) {
        if (count) qsort(names, count, sizeof *names, by_hash);
        state = write_records(packing, names, count);
    }
    free(names);
    return state;
}

/* -- the whole */

/* The tables that both forms have, empty and large enough; the ordinary words go over. */
static int lay_out_packed(Table *into, Table *from) {
    size_t keys = (size_t)USED(from, NAMES) * 2 + USED(from, GLUED);
    int state = fresh(&into->parts[META], 8, METAS, 0);
    if (state == DONE) state = fresh(&into->parts[GATE], 8, gate_for(keys, GATED), 0);
    if (state == DONE) state = fresh(&into->parts[WORDS], 4, slots_for(USED(from, WORDS), 60), 0xFF);
    if (state == DONE) state = fresh(&into->parts[NEAR], 4, slots_for(USED(from, NEAR), 75), 0xFF);
    if (state == DONE) state = fresh(&into->parts[CHECKS], 1, COUNT(into, NEAR), 0);
    if (state == DONE) state = fresh(&into->parts[NEAR_GATE], 8, gate_for(USED(from, NEAR), GATED), 0);
    if (state == DONE) state = fresh(&into->parts[HALVES], 8, gate_for(USED(from, HALVES), HALVED), 0);
    for (int part = 0; part < PARTS && state == DONE; part++) {
        if (!into->parts[part].at && part != ORDINARY) state = reserve(into, part, 1);
    }
    if (state != DONE) return NO_MEMORY;
    into->parts[ORDINARY] = from->parts[ORDINARY];
    from->parts[ORDINARY] = (Part){NULL, 0, 0};
    USED(into, ORDINARY) = USED(from, ORDINARY);
    USED(into, NAMES) = USED(from, NAMES);
    USED(into, PAIRS) = USED(from, PAIRS);
    USED(into, PACKED) = 1;
    return DONE;
}

static int pack(Packing *packing) {
    Table *from = packing->from, *into = packing->into;
    packing->names = list_names(from, CONDITIONAL, &packing->name_count);
    packing->contexts = list_names(from, CONTEXT, &packing->context_count);
    if (!packing->names || !packing->contexts) return NO_MEMORY;
    if (lay_out_packed(into, from) != DONE || pack_words(packing) != DONE || pack_owners(packing) != DONE)
        return NO_MEMORY;
    if (pack_pairs(packing) != DONE || pack_records(packing) != DONE) return NO_MEMORY;
    for (uint32_t place = 0; place < COUNT(from, POOL); place = next_name(from, place)) {
        if (*flags_of(from, place) & SLIPS) enter_near(into, text_of(from, place));
    }
    return DONE;
}

/* Put in the place of a table the same, packed. What fails leaves a table that can only be closed. */
static int pack_table(Table *table) {
    Table packed;
    memset(&packed, 0, sizeof packed);
    Packing packing = {table, &packed, NULL, NULL, 0, 0, NULL, 0, 0};
    int state = pack(&packing);
    free(packing.names);
    free(packing.contexts);
    free(packing.owners);
    free(packed.dictionary.at);
    packed.dictionary = (Part){NULL, 0, 0};
    if (state != DONE) {
        close_table(&packed, 0);
        return NO_MEMORY;
    }
    close_table(table, 0);
    *table = packed;
    return DONE;
}

/* Room for what lies in others: whoever fills hash tables in the order of another one must not let them grow. */
static int make_way(Table *into, Table *const *from, int count) {
    size_t more[PARTS] = {0};
    for (int i = 0; i < count; i++) {
        for (int part = 0; part < PARTS; part++) more[part] += (size_t)USED(from[i], part);
    }
    if (lay_out_names(into, more[NAMES], more[WORDS], 75) != DONE) return NO_MEMORY;
    if (lay_out_near(into, more[NEAR], more[HALVES], 75) != DONE) return NO_MEMORY;
    return lay_out_pairs(into, more[PAIRS], 75);
}

/* Fill an empty table with what lives in others, packed. Nothing is added later. */
static int gather_tables(Table *into, Table *const *from, int count) {
    Part text = {NULL, 0, 0};
    int state = enlist(into, from, count);
    if (state == DONE) state = make_way(into, from, count);
    for (int i = 0; i < count && state == DONE; i++) state = absorb(into, from[i], &text);
    free(text.at);
    return state == DONE ? pack_table(into) : NO_MEMORY;
}

#endif
