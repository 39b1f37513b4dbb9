/* Looking a folded text up in tables of names.

   Every token and every pair of neighbours is asked of a gate first; nearly all end there. What passes goes through the
   tables. Names that count only beside something wait until the whole text was looked at. */

#ifndef OUIDIRE_LOOK_H
#define OUIDIRE_LOOK_H

#include <stddef.h>

#include "_packed.h"

enum { FEW_BLOCKS = 4096 }; /* so many of a gate are in the cache anyway */
enum { EXACT = 0, GLUED_AS_ONE = 1, SLIP = 2 }; /* how a name stands there; `names.py` calls them so */

typedef struct {
    uint32_t name, first, last;
    uint8_t how, sigil;
} Seen; /* what pairs call a name, at tokens first..last, the last one too */
typedef struct {
    uint32_t owner, first, last;
    uint8_t how, sigil;
} Spot;
typedef struct {
    uint32_t text, owner, start, end, how;
} Hit; /* in characters of the folded text */
typedef struct {
    uint32_t first, last;
    uint8_t sigil, as_run;
    uint64_t key, letters;
} Special; /* a tag, a handle, a glued name; the hash to find it by, and that of its letters */
typedef struct {
    const uint8_t *text;
    uint32_t token;
    uint64_t hash;
} Swap; /* the word meant instead of a token */
typedef struct {
    uint64_t hash;
    uint32_t first, count;
    uint8_t sigil;
} Run; /* tokens that may be a name, and the hash to find it by */
typedef struct {
    const int32_t *at;
    size_t count;
} Cells;

typedef struct {
    void *at;
    size_t count, room;
} List;

enum { CANDIDATES, ROLES, RUNS, SPECIALS, SPOTS, CONDITIONALS, CONTEXTS, MEANT, PLACES, LETTERS, HITS, FOLDED, LISTS };
static const size_t LIST_ITEM[LISTS] = {
    4, 1, sizeof(Run), sizeof(Special), sizeof(Spot), sizeof(Seen), sizeof(Seen), 4, 8, 1, sizeof(Hit), 1};

/* What one call works with; nothing of it is shared. */
typedef struct {
    Folded folded, ahead; /* the text at hand, and the next one */
    int is_ahead;
    List lists[LISTS];
    uint32_t *texts; /* UCS-4 of a stretch of the batch */
    size_t texts_room;
} Scan;

#define LIST(scan, list, type) ((type *)(scan)->lists[list].at)
#define LENGTH(scan, list) ((scan)->lists[list].count)

static void forget_scan(Scan *scan) {
    forget_folded(&scan->folded);
    forget_folded(&scan->ahead);
    for (int list = 0; list < LISTS; list++) free(scan->lists[list].at);
    free(scan->texts);
}

static int extend(Scan *scan, int list, size_t more) {
    List *one = &scan->lists[list];
    if (one->count + more <= one->room) return DONE;
    size_t room = (one->count + more) * 2 + 64;
    void *at = realloc(one->at, room * LIST_ITEM[list]);
    if (!at) return NO_MEMORY;
    one->at = at;
    one->room = room;
    return DONE;
}

/* Room for `count` in all; what was there does not matter any more. */
static int extend_to(Scan *scan, int list, size_t count) {
    scan->lists[list].count = 0;
    return extend(scan, list, count);
}

#define PUSH(scan, list, type, ...)                                                                                    \
    (extend(scan, list, 1) == DONE ? (LIST(scan, list, type)[LENGTH(scan, list)++] = (__VA_ARGS__), DONE)        \
                                   : NO_MEMORY)

/* ---- tags, handles and glued names ------------------------------------------------------------------------------ */

static inline size_t token_size(const Token *token) { return token->end - token->start; }

/* '#' or '@' right before a token, where no letter is right before it; else 0. */
static inline uint8_t sigil_before(const Folded *text, const Token *token) {
    uint8_t before = text->bytes[(ptrdiff_t)token->start - 1];
    if ((before != '#' && before != '@') || !token->start) return 0;
    if (token->start == 1) return before;
    size_t at = token->start - 2;
    return text->letters[at >> 6] >> (at & 63) & 1 ? 0 : before;
}

/* The last token of a tag that begins with token `first`: underscores alone do not end it. */
static size_t tag_end(const Folded *text, size_t first) {
    size_t last = first;
    for (; last + 1 < text->count; last++) {
        for (size_t at = text->tokens[last].end; at < text->tokens[last + 1].start; at++) {
            if (text->bytes[at] != '_') return last;
        }
    }
    return last;
}

/* The hash of the letters of tokens first..last in one piece. */
static int letters_hash(Scan *scan, size_t first, size_t last, const Swap *swap, uint64_t *hash) {
    const Folded *text = &scan->folded;
    scan->lists[LETTERS].count = 0;
    *hash = swap && swap->token == first ? swap->hash : text->tokens[first].hash;
    if (first == last) return DONE;
    size_t most = text->tokens[last].end - text->tokens[first].start + SLACK + (swap ? word_size(swap->text) : 0);
    if (extend(scan, LETTERS, most) != DONE) return NO_MEMORY;
    uint8_t *letters = LIST(scan, LETTERS, uint8_t), *to = letters;
    for (size_t i = first; i <= last; i++) {
        int is_swapped = swap && swap->token == i;
        size_t size = is_swapped ? word_size(swap->text) : token_size(&text->tokens[i]);
        memcpy(to, is_swapped ? swap->text : text->bytes + text->tokens[i].start, size);
        to += size;
    }
    memset(to, 0, 16);
    *hash = token_hash(letters, (size_t)(to - letters));
    return DONE;
}

static int note_tag(Scan *scan, size_t first) {
    size_t last = tag_end(&scan->folded, first);
    uint64_t letters;
    if (letters_hash(scan, first, last, NULL, &letters) != DONE) return NO_MEMORY;
    Special tag = {(uint32_t)first, (uint32_t)last, '#', 0, behind_sigil(letters, '#'), letters};
    Special glued = {(uint32_t)first, (uint32_t)last, '#', 1, letters, letters};
    return PUSH(scan, SPECIALS, Special, tag) == DONE ? PUSH(scan, SPECIALS, Special, glued) : NO_MEMORY;
}

/* What of the text is not found by plain runs of tokens. */
static int note_specials(Scan *scan) {
    const Folded *text = &scan->folded;
    scan->lists[SPECIALS].count = 0;
    for (size_t i = 0; text->has_sigil && i < text->count; i++) {
        const Token *token = &text->tokens[i];
        uint8_t sigil = sigil_before(text, token);
        if (sigil == '#' && note_tag(scan, i) != DONE) return NO_MEMORY;
        Special handle = {(uint32_t)i, (uint32_t)i, '@', 1, behind_sigil(token->hash, '@'), token->hash};
        if (sigil == '@' && PUSH(scan, SPECIALS, Special, handle) != DONE) return NO_MEMORY;
    }
    return DONE;
}

/* May a token be a name in one piece? A whole tag is looked at as such. */
static int may_be_glued(const Folded *text, size_t at) {
    const Token *token = &text->tokens[at];
    if (token_size(token) < GLUED_LETTERS || letters_in(text->bytes + token->start, token_size(token)) < GLUED_LETTERS)
        return 0;
    return sigil_before(text, token) != '#' || tag_end(text, at) != at;
}

/* ---- comparing -------------------------------------------------------------------------------------------------- */

/* Are the tokens from `first` on the `count` words of a stored name, but for the one that is swapped? */
static int same_run(const Folded *text, const Table *table, Words words, size_t first, size_t count, const Swap *swap) {
    for (size_t i = first; i < first + count; i++) {
        const Token *token = &text->tokens[i];
        const uint8_t *word = next_word(table, &words), *letters = text->bytes + token->start;
        size_t wanted = token_size(token);
        if (swap && swap->token == i) letters = swap->text, wanted = word_size(swap->text);
        if (!word || word_size(word) != wanted || memcmp(letters, word, wanted) != 0) return 0;
    }
    return !next_word(table, &words);
}

/* Are the letters of these tokens those of a stored name? */
static int same_letters(const Folded *text, const Table *table, Words words, size_t first, size_t last) {
    const uint8_t *word = next_word(table, &words);
    for (size_t i = first; i <= last; i++) {
        for (size_t at = text->tokens[i].start; at < text->tokens[i].end; at++) {
            if (*word <= ' ' && !(word = next_word(table, &words))) return 0;
            if (*word++ != text->bytes[at]) return 0;
        }
    }
    return *word <= ' ' && !next_word(table, &words);
}

/* ---- finding ---------------------------------------------------------------------------------------------------- */

static int spot_owners(Scan *scan, const Table *table, Walk owners, const Seen *seen) {
    for (; owners.owner != NONE; step(table, &owners)) {
        uint32_t number = owners.owner & NUMBER;
        if (is_dead(table, number) || (seen->how == SLIP && !(owners.owner & WITH_SLIPS))) continue;
        Spot spot = {owner_at(table, number), seen->first, seen->last, seen->how, seen->sigil};
        if (PUSH(scan, SPOTS, Spot, spot) != DONE) return NO_MEMORY;
    }
    return DONE;
}

static int see(Scan *scan, const Table *table, const Name *name, size_t first, size_t last, uint8_t how,
               uint8_t sigil) {
    Seen seen = {name->as_name, (uint32_t)first, (uint32_t)last, how, sigil};
    if (name->flags & CONDITIONAL && PUSH(scan, CONDITIONALS, Seen, seen) != DONE) return NO_MEMORY;
    seen.name = name->as_context;
    if (name->flags & CONTEXT && how == EXACT && PUSH(scan, CONTEXTS, Seen, seen) != DONE) return NO_MEMORY;
    return spot_owners(scan, table, name->owners, &seen);
}

/* May it be the swapped word of a run of tokens in which the slip is? */
static int slips_there(const Folded *text, const Table *table, size_t first, size_t count, const Swap *swap) {
    const Token *beside = swap->token > first ? &text->tokens[swap->token - 1]
                          : count > 1         ? &text->tokens[swap->token + 1]
                                              : NULL;
    return may_slip(table, swap->text, word_size(swap->text), beside ? text->bytes + beside->start : NULL,
                    beside ? token_size(beside) : 0);
}

/* The name of exactly these tokens, if there is one. */
static int find_run(Scan *scan, const Table *table, const Run *run, const Swap *swap) {
    size_t first = run->first, count = run->count;
    uint32_t place;
    for (Search s = search(table, SLOTS, run->hash); (place = next_found(table, &s)) != NONE;) {
        Name name = name_at(table, place);
        if (name.sigil != run->sigil || !same_run(&scan->folded, table, name.words, first, count, swap)) continue;
        /* A name is stored once: where this one may not slip, no other one has these tokens. */
        if (swap && !slips_there(&scan->folded, table, first, count, swap)) return DONE;
        return see(scan, table, &name, first, first + count - 1, swap ? SLIP : EXACT, run->sigil);
    }
    return DONE;
}

/* Note all runs that may be names and begin with token `first`, whose hash (with its sigil) is `key`. */
static int note_runs(Scan *scan, const Table *table, uint64_t key, size_t first, uint8_t sigil, const Swap *swap) {
    const Folded *text = &scan->folded;
    for (size_t count = 1;; count++) {
        uint64_t block = gate(table, key);
        int is_swapped = !swap || (first <= swap->token && swap->token < first + count);
        if (is_swapped && says(block, key)) {
            Run run = {key, (uint32_t)first, (uint32_t)count, sigil};
            if (is_packed(table) && letters_hash(scan, first, first + count - 1, swap, &run.hash) != DONE)
                return NO_MEMORY;
            if (PUSH(scan, RUNS, Run, run) != DONE) return NO_MEMORY;
        }
        if (first + count >= text->count || !says(block, goes_on(key))) return DONE;
        key = joined(key, swap && swap->token == first + count ? swap->hash : text->tokens[first + count].hash);
    }
}

/* Have on its way what these runs will be looked for in. */
static void fetch_runs(const Table *table, const Run *runs, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (is_packed(table)) PREFETCH(PART(table, BUCKETS, uint32_t) + home(runs[i].hash, COUNT(table, BUCKETS) - 1));
        else PREFETCH(PART(table, SLOTS, Slot) + home(runs[i].hash, COUNT(table, SLOTS)));
    }
    for (size_t i = 0; i < count && is_packed(table); i++)
        PREFETCH(PART(table, RECORDS, uint8_t) + search(table, SLOTS, runs[i].hash).at);
}

/* The names among the runs that were noted. */
static int find_runs(Scan *scan, const Table *table, const Swap *swap) {
    const Run *runs = LIST(scan, RUNS, Run);
    size_t count = LENGTH(scan, RUNS);
    scan->lists[RUNS].count = 0;
    if (count > 1) fetch_runs(table, runs, count);
    for (size_t i = 0; i < count; i++) {
        if (find_run(scan, table, &runs[i], swap) != DONE) return NO_MEMORY;
    }
    return DONE;
}

static int find_tag(Scan *scan, const Table *table, const Special *tag) {
    uint32_t place;
    for (Search s = search(table, SLOTS, is_packed(table) ? tag->letters : tag->key);
         (place = next_found(table, &s)) != NONE;) {
        Name name = name_at(table, place);
        if (name.sigil == '#' && same_letters(&scan->folded, table, name.words, tag->first, tag->last))
            return see(scan, table, &name, tag->first, tag->last, EXACT, '#');
    }
    return DONE;
}

/* Several names may have the same letters: 'la mie', 'lam ie'. */
static int find_glued(Scan *scan, const Table *table, const Special *one) {
    uint32_t place;
    for (Search s = search(table, GLUED, one->letters); (place = next_found(table, &s)) != NONE;) {
        Name name = name_at(table, place);
        if (name.sigil || words_in(table, name.words) < 2 ||
            !same_letters(&scan->folded, table, name.words, one->first, one->last))
            continue;
        if (see(scan, table, &name, one->first, one->last, GLUED_AS_ONE, one->sigil) != DONE) return NO_MEMORY;
    }
    return DONE;
}

static int find_specials(Scan *scan, const Table *table) {
    for (size_t i = 0; i < LENGTH(scan, SPECIALS); i++) {
        Special one = LIST(scan, SPECIALS, Special)[i];
        int state = DONE;
        if (one.sigil == '@') state = note_runs(scan, table, one.key, one.first, '@', NULL);
        else if (!says(gate(table, one.key), one.key)) continue;
        else state = one.as_run ? find_glued(scan, table, &one) : find_tag(scan, table, &one);
        if (state != DONE) return NO_MEMORY;
    }
    return DONE;
}

/* Have that part of the gates on its way which the tokens of a text will be asked of. */
static void fetch(const Folded *text, Table *const *tables, int count) {
    for (int n = 0; n < count; n++) {
        const uint64_t *blocks = PART(tables[n], GATE, uint64_t);
        size_t gates = COUNT(tables[n], GATE);
        for (size_t i = 0; i < text->count && gates > FEW_BLOCKS; i++)
            PREFETCH(blocks + block_of(text->tokens[i].hash, gates));
    }
}

/* Which tokens may begin a name, and (with `roles`) beside which may a slip stand? Nearly all answers are no. */
static inline size_t ask_gate(const Folded *text, const Table *table, uint32_t *candidates, uint8_t *roles) {
    const uint64_t *blocks = PART(table, GATE, uint64_t);
    size_t count = text->count, gates = COUNT(table, GATE), picked = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t key = text->tokens[i].hash, block = blocks[block_of(key, gates)], may = says(block, key);
        if (roles) roles[i] = (uint8_t)says(block, is_beside(key));
        if (says(block, goes_on(key)) && i + 1 < count) {
            uint64_t pair = joined(key, text->tokens[i + 1].hash), more = blocks[block_of(pair, gates)];
            may |= says(more, pair) | says(more, goes_on(pair));
        }
        candidates[picked] = (uint32_t)i;
        picked += may;
    }
    return picked;
}

static int pick_candidates(Scan *scan, const Table *table) {
    const Folded *text = &scan->folded;
    size_t count = text->count;
    if (extend_to(scan, CANDIDATES, count + 1) != DONE || extend_to(scan, ROLES, count + 2) != DONE) return NO_MEMORY;
    uint32_t *candidates = LIST(scan, CANDIDATES, uint32_t);
    uint8_t *roles = LIST(scan, ROLES, uint8_t) + 1;
    if (USED(table, NEAR)) LENGTH(scan, CANDIDATES) = ask_gate(text, table, candidates, roles);
    else LENGTH(scan, CANDIDATES) = ask_gate(text, table, candidates, NULL);
    return DONE;
}

/* Note what may begin with token `first`, and find what it is in one piece. */
static int find_first(Scan *scan, const Table *table, size_t first) {
    const Folded *text = &scan->folded;
    uint64_t key = text->tokens[first].hash;
    if (says(gate(table, key), key) && may_be_glued(text, first)) {
        Special one = {(uint32_t)first, (uint32_t)first, 0, 1, key, key};
        if (find_glued(scan, table, &one) != DONE) return NO_MEMORY;
    }
    return note_runs(scan, table, key, first, 0, NULL);
}

/* ---- slips ------------------------------------------------------------------------------------------------------ */

/* The stored words that differ from a token by one slip, each once, into MEANT. */
static int find_meant(Scan *scan, const Table *table, const Spelt *token) {
    const uint64_t *gates = PART(table, NEAR_GATE, uint64_t);
    const uint8_t *checks = PART(table, CHECKS, uint8_t), *pool = PART(table, POOL, uint8_t);
    scan->lists[MEANT].count = 0;
    for (size_t i = 0; i < token->variant_count; i++) {
        uint64_t key = token->variants[i], bits = near_bits_of(key);
        if ((gates[block_of(key, COUNT(table, NEAR_GATE))] & bits) != bits) continue;
        for (size_t at = home(key, COUNT(table, NEAR)); checks[at]; at = at + 1 == COUNT(table, NEAR) ? 0 : at + 1) {
            uint32_t place = PART(table, NEAR, uint32_t)[at];
            Spelt word;
            size_t known = 0;
            if (checks[at] != check_of(key) ||
                !spell(pool + place, word_size(pool + place), WORD_LETTERS, WORD_LONGEST, &word) ||
                !is_slip(token, &word))
                continue;
            while (known < LENGTH(scan, MEANT) && LIST(scan, MEANT, uint32_t)[known] != place) known++;
            if (known == LENGTH(scan, MEANT) && PUSH(scan, MEANT, uint32_t, place) != DONE) return NO_MEMORY;
        }
    }
    return DONE;
}

static int find_swapped(Scan *scan, const Table *table, const Swap *swap) {
    size_t reach = (size_t)USED(table, LONGEST), least = swap->token + 1 > reach ? swap->token + 1 - reach : 0;
    for (size_t first = least; first <= swap->token; first++) {
        uint64_t key = first == swap->token ? swap->hash : scan->folded.tokens[first].hash;
        if (note_runs(scan, table, key, first, 0, swap) != DONE) return NO_MEMORY;
    }
    return find_runs(scan, table, swap);
}

/* A token that is a word of any name is no slip. */
static int is_known(const Folded *text, const Token *token, Table *const *tables, int count) {
    for (int i = 0; i < count; i++) {
        if (says(gate(tables[i], token->hash), is_word(token->hash)) &&
            knows_word(tables[i], text->bytes + token->start, token))
            return 1;
    }
    return 0;
}

static inline int has_either(const Table *table, uint64_t beside, uint64_t head, uint64_t tail, size_t letters) {
    return has_half(table, half_key(beside, head, letters, 0)) | has_half(table, half_key(beside, tail, letters, 1));
}

/* Has this token a half in common with a word that belongs where it stands? */
static int may_be_slip(const Table *table, const Folded *text, size_t at, const uint8_t *roles) {
    const Token *token = &text->tokens[at];
    const uint8_t *bytes = text->bytes + token->start, *end = text->bytes + token->end;
    size_t letters = token_size(token), size = half_of(letters), tail_bytes = size;
    if (!is_ascii(bytes, letters)) {
        letters = letters_in(bytes, letters);
        if (letters + 1 < WORD_LETTERS) return 0;
        tail_bytes = tail_size(end, half_of(letters)), size = head_size(bytes, half_of(letters));
    }
    uint64_t head = half_bytes(bytes, size), tail = half_bytes(end - tail_bytes, tail_bytes);
    if (letters + 1 >= SLIP_LETTERS && has_either(table, ALONE, head, tail, letters)) return 1;
    if (roles[-1] && has_either(table, text->tokens[at - 1].hash, head, tail, letters)) return 1;
    return roles[1] && has_either(table, next_to(text->tokens[at + 1].hash), head, tail, letters);
}

/* Which tokens are worth a look: long enough, and beside a word of a name or long enough to be one alone. */
static size_t pick_slips(Scan *scan) {
    const Folded *text = &scan->folded;
    uint32_t *picked = LIST(scan, CANDIDATES, uint32_t);
    uint8_t *roles = LIST(scan, ROLES, uint8_t) + 1;
    size_t count = 0;
    roles[-1] = roles[text->count] = 0;
    for (size_t i = 0; i < text->count; i++) {
        size_t size = token_size(&text->tokens[i]);
        picked[count] = (uint32_t)i;
        count += (size + 1 >= WORD_LETTERS) & (roles[(ptrdiff_t)i - 1] | roles[i + 1] | (size + 1 >= SLIP_LETTERS));
    }
    return count;
}

/* Is a token no ordinary word, and may it be a slip? What is quicker to tell is asked first. */
static int is_worth_it(const Scan *scan, const Table *table, uint32_t at) {
    const Folded *text = &scan->folded;
    const Token *token = &text->tokens[at];
    const uint8_t *roles = LIST(scan, ROLES, uint8_t) + 1 + at, *word = text->bytes + token->start;
    if (COUNT(table, HALVES) <= FEW_BLOCKS && !may_be_slip(table, text, at, roles)) return 0;
    if (is_ordinary(table, word, token_size(token), token->hash)) return 0;
    return COUNT(table, HALVES) <= FEW_BLOCKS || may_be_slip(table, text, at, roles);
}

static int find_slips(Scan *scan, const Table *table, Table *const *tables, int count) {
    const Folded *text = &scan->folded;
    size_t picked = USED(table, NEAR) ? pick_slips(scan) : 0;
    for (size_t n = 0; n < picked; n++) {
        uint32_t at = LIST(scan, CANDIDATES, uint32_t)[n];
        const Token *token = &text->tokens[at];
        Spelt spelt;
        if (!is_worth_it(scan, table, at) || is_known(text, token, tables, count)) continue;
        if (!spell(text->bytes + token->start, token_size(token), WORD_LETTERS - 1, WORD_LONGEST + 1, &spelt)) continue;
        leave_out(&spelt);
        if (find_meant(scan, table, &spelt) != DONE) return NO_MEMORY;
        for (size_t meant = 0; meant < LENGTH(scan, MEANT); meant++) {
            const uint8_t *word = PART(table, POOL, uint8_t) + LIST(scan, MEANT, uint32_t)[meant];
            Swap swap = {word, at, token_hash(word, word_size(word))};
            if (find_swapped(scan, table, &swap) != DONE) return NO_MEMORY;
        }
    }
    return DONE;
}

/* ---- names that count only beside something --------------------------------------------------------------------- */

static int by_name(const void *one, const void *other) {
    uint32_t a = ((const Seen *)one)->name, b = ((const Seen *)other)->name;
    return (a > b) - (a < b);
}

/* Where a context ends first, and where it begins last: enough to know whether it stands clear of a name. */
typedef struct {
    uint32_t name, ends, begins;
} Stands;

static size_t gather(Seen *seen, size_t count, Stands *stands) {
    size_t made = 0;
    if (count) qsort(seen, count, sizeof *seen, by_name);
    for (size_t i = 0; i < count; i++) {
        Stands one = {seen[i].name, seen[i].last, seen[i].first};
        if (made && stands[made - 1].name == one.name) {
            Stands *same = &stands[made - 1];
            if (one.ends < same->ends) same->ends = one.ends;
            if (one.begins > same->begins) same->begins = one.begins;
        } else stands[made++] = one;
    }
    return made;
}

/* The conditional occurrences of one name, with everything that stands in the text beside it. */
static int settle(Scan *scan, const Table *table, const Seen *seen, size_t count, const Stands *stands, size_t standing,
                  Cells cells) {
    for (size_t i = 0; i < standing; i++) {
        Walk owners = beside(table, seen->name, stands[i].name, 0);
        for (size_t j = 0; owners.owner != NONE && j < count; j++) {
            if (stands[i].ends >= seen[j].first && stands[i].begins <= seen[j].last) continue;
            if (spot_owners(scan, table, owners, &seen[j]) != DONE) return NO_MEMORY;
        }
    }
    for (size_t i = 0; i < cells.count; i++) {
        Walk owners = beside(table, seen->name, (uint32_t)cells.at[i], 1);
        for (size_t j = 0; owners.owner != NONE && j < count; j++) {
            if (spot_owners(scan, table, owners, &seen[j]) != DONE) return NO_MEMORY;
        }
    }
    return DONE;
}

static int settle_all(Scan *scan, const Table *table, Cells cells) {
    size_t count = LENGTH(scan, CONDITIONALS), contexts = LENGTH(scan, CONTEXTS), standing;
    Seen *seen = LIST(scan, CONDITIONALS, Seen);
    if (!count || !(contexts || cells.count)) return DONE;
    scan->lists[PLACES].count = 0;
    if (extend(scan, PLACES, (contexts * sizeof(Stands) + 8) / 8 + 1) != DONE) return NO_MEMORY;
    Stands *stands = LIST(scan, PLACES, Stands);
    standing = gather(LIST(scan, CONTEXTS, Seen), contexts, stands);
    qsort(seen, count, sizeof *seen, by_name);
    for (size_t first = 0, last; first < count; first = last) {
        for (last = first + 1; last < count && seen[last].name == seen[first].name;) last++;
        if (settle(scan, table, seen + first, last - first, stands, standing, cells) != DONE) return NO_MEMORY;
    }
    return DONE;
}

/* ---- one text --------------------------------------------------------------------------------------------------- */

/* Every spot of the folded text in each table, in no order, some more than once. */
static int look(Scan *scan, Table *const *tables, int count, Cells cells) {
    scan->lists[SPOTS].count = 0;
    if (note_specials(scan) != DONE) return NO_MEMORY;
    for (int n = 0; n < count; n++) {
        const Table *table = tables[n];
        if (!COUNT(table, POOL)) continue;
        scan->lists[CONDITIONALS].count = scan->lists[CONTEXTS].count = scan->lists[RUNS].count = 0;
        if (pick_candidates(scan, table) != DONE) return NO_MEMORY;
        for (size_t i = 0; i < LENGTH(scan, CANDIDATES); i++) {
            size_t first = LIST(scan, CANDIDATES, uint32_t)[i];
            if (find_first(scan, table, first) != DONE) return NO_MEMORY;
        }
        if (find_specials(scan, table) != DONE || find_runs(scan, table, NULL) != DONE) return NO_MEMORY;
        if (find_slips(scan, table, tables, count) != DONE) return NO_MEMORY;
        if (settle_all(scan, table, cells) != DONE) return NO_MEMORY;
    }
    return DONE;
}

/* Write the folded text as `fold` gives it, behind its length, and where in it (in characters) each token stands. */
static int write_folded(Scan *scan, const Folds *folds, uint32_t **starts) {
    const Folded *text = &scan->folded;
    scan->lists[PLACES].count = 0;
    if (extend(scan, FOLDED, text->length + sizeof(uint32_t)) != DONE || extend(scan, PLACES, text->count + 1) != DONE)
        return NO_MEMORY;
    uint32_t *places = LIST(scan, PLACES, uint32_t), characters = 0, size;
    uint8_t *begin = LIST(scan, FOLDED, uint8_t) + LENGTH(scan, FOLDED) + sizeof size, *to = begin;
    size_t token = 0;
    int gap = 0;
    for (size_t at = 0; at < text->length; at++) {
        uint8_t byte = text->bytes[at];
        if (byte < 0x80 && KIND(folds->ascii[byte]) == SPACE) {
            gap = 1;
            continue;
        }
        if (gap && to > begin) *to++ = ' ', characters++;
        gap = 0;
        if (token < text->count && text->tokens[token].start == at) places[2 * token] = characters;
        *to++ = byte;
        characters += (byte & 0xC0) != 0x80;
        if (token < text->count && text->tokens[token].end == at + 1) places[2 * token++ + 1] = characters;
    }
    size = (uint32_t)(to - begin);
    memcpy(begin - sizeof size, &size, sizeof size);
    scan->lists[FOLDED].count += sizeof size + size;
    *starts = places;
    return DONE;
}

static int by_owner(const void *one, const void *other) {
    const Hit *a = one, *b = other;
    if (a->owner != b->owner) return a->owner < b->owner ? -1 : 1;
    if (a->start != b->start) return a->start < b->start ? -1 : 1;
    if (a->end != b->end) return a->end < b->end ? -1 : 1;
    return (a->how > b->how) - (a->how < b->how);
}

/* The spots as hits of text `number`: in order, each once. */
static int keep_hits(Scan *scan, const Folds *folds, uint32_t number) {
    size_t count = LENGTH(scan, SPOTS), kept = 0;
    uint32_t *places;
    if (write_folded(scan, folds, &places) != DONE || extend(scan, HITS, count) != DONE) return NO_MEMORY;
    Hit *hits = LIST(scan, HITS, Hit) + LENGTH(scan, HITS);
    for (size_t i = 0; i < count; i++) {
        const Spot *spot = LIST(scan, SPOTS, Spot) + i;
        hits[i] = (Hit){number, spot->owner, places[2 * spot->first] - (spot->sigil != 0), places[2 * spot->last + 1],
                        spot->how};
    }
    qsort(hits, count, sizeof *hits, by_owner);
    for (size_t i = 0; i < count; i++) {
        if (!kept || by_owner(&hits[kept - 1], &hits[i]) != 0) hits[kept++] = hits[i];
    }
    scan->lists[HITS].count += kept;
    return DONE;
}

#endif
