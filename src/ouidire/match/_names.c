/* Folding, cutting into tokens and looking names up, in one pass over each text, without the interpreter's lock.

   What a letter folds to is asked of Python, once a letter (`lookup`), so that both sides agree by construction, whatever
   Unicode the interpreter knows. A name is found by the hashes of its tokens and then compared byte by byte: a hash
   that lies costs a comparison, never a wrong answer. `names.py` is the only user and says what is promised. */

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__) || defined(__clang__)
#define LOAD(place) __atomic_load_n(place, __ATOMIC_ACQUIRE)
#define STORE(place, value) __atomic_store_n(place, value, __ATOMIC_RELEASE)
#else
#define LOAD(place) (*(place))
#define STORE(place, value) (*(place) = (value))
#endif

/* ---- what a letter folds to --------------------------------------------------------------------------------- */

/* A fold is 32 bits: what it is in the top three, a code point or a place in the pool of runs below. */
enum { UNASKED = 0, NOTHING = 1, SPACE = 2, MARK = 3, LETTER = 4, RUN = 5, RUN_END = 6 };
#define FOLD(kind, value) ((uint32_t)(kind) << 29 | (uint32_t)(value))
#define KIND(fold) ((fold) >> 29)
#define VALUE(fold) ((fold) & 0x1FFFFFFFu)

#define PAGE 256
#define PAGES (0x110000 / PAGE)
#define CHUNK 4096
#define CHUNKS 64

typedef struct {
    uint32_t *pages[PAGES];
    uint32_t *chunks[CHUNKS]; /* runs of folds, each closed by RUN_END; they never move while others read */
    uint32_t used;            /* of all chunks together */
} Folds;

static uint32_t fold_of(const Folds *folds, uint32_t code) {
    const uint32_t *page = LOAD(&folds->pages[code / PAGE]);
    return page ? LOAD(&page[code % PAGE]) : UNASKED;
}

static int keep_fold(Folds *folds, uint32_t code, uint32_t fold) {
    uint32_t *page = folds->pages[code / PAGE];
    if (!page) {
        page = calloc(PAGE, sizeof *page);
        if (!page) return -1;
        STORE(&folds->pages[code / PAGE], page);
    }
    STORE(&page[code % PAGE], fold);
    return 0;
}

/* Room for a run of `count` folds and its end, in one chunk; NULL when there is none. */
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
    return folds->chunks[first / CHUNK] + first % CHUNK;
}

static uint32_t single(uint32_t told) { /* from Python: the code point, and 1 << 24 where it is a letter or a digit */
    uint32_t code = told & 0xFFFFFFu;
    if (code == ' ') return FOLD(SPACE, 0);
    return FOLD(told >> 24 ? LETTER : MARK, code);
}

/* Ask Python what `code` folds to, and keep the answer. The lock is held. */
static int ask(Folds *folds, PyObject *lookup, uint32_t code) {
    PyObject *told = PyObject_CallFunction(lookup, "I", code);
    Py_ssize_t count = told ? PyTuple_Size(told) : -1;
    uint32_t fold = FOLD(NOTHING, 0), at = 0, *run = NULL;
    if (count < 0) goto failed;
    if (count > 1 && !(run = new_run(folds, (uint32_t)count, &at))) {
        PyErr_NoMemory();
        goto failed;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        unsigned long one = PyLong_AsUnsignedLong(PyTuple_GetItem(told, i));
        if (PyErr_Occurred()) goto failed;
        fold = single((uint32_t)one);
        if (run) run[i] = fold;
    }
    if (run) {
        run[count] = FOLD(RUN_END, 0);
        fold = FOLD(RUN, at);
    }
    Py_DECREF(told);
    if (keep_fold(folds, code, fold) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
failed:
    Py_XDECREF(told);
    return -1;
}

/* ---- one text, folded and cut ------------------------------------------------------------------------------- */

typedef struct {
    uint32_t start, end;
    uint64_t hash;
} Token;

typedef struct {
    uint8_t *bytes;   /* the folded text in UTF-8 */
    uint8_t *letters; /* for each byte: is it of a letter or a digit? */
    size_t length, room;
    Token *tokens;
    size_t count, token_room;
    int gap, within;
} Folded;

#define SEED 0xCBF29CE484222325u
#define PRIME 0x100000001B3u

static uint64_t mixed(uint64_t hash) {
    hash ^= hash >> 32;
    hash *= 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

static uint64_t joined(uint64_t before, uint64_t next) {
    return mixed((before << 7 | before >> 57) + next);
}

static int grow(Folded *out, size_t more) {
    if (out->length + more <= out->room) return 0;
    size_t room = (out->length + more) * 2 + 256;
    uint8_t *bytes = realloc(out->bytes, room);
    if (bytes) out->bytes = bytes;
    uint8_t *letters = realloc(out->letters, room);
    if (letters) out->letters = letters;
    if (!bytes || !letters) return -1;
    out->room = room;
    return 0;
}

static int open_token(Folded *out) {
    if (out->count == out->token_room) {
        size_t room = out->token_room * 2 + 64;
        Token *tokens = realloc(out->tokens, room * sizeof *tokens);
        if (!tokens) return -1;
        out->tokens = tokens;
        out->token_room = room;
    }
    out->tokens[out->count].start = (uint32_t)out->length;
    out->tokens[out->count].hash = SEED;
    out->within = 1;
    return 0;
}

static void close_token(Folded *out) {
    if (!out->within) return;
    Token *token = &out->tokens[out->count++];
    token->end = (uint32_t)out->length;
    token->hash = mixed(token->hash);
    out->within = 0;
}

/* Write one folded code point. `grow` has made room for it and a space before it. */
static int write_one(Folded *out, uint32_t code, int is_letter) {
    uint8_t *to, *flags;
    size_t size = 1;
    if (out->gap) {
        out->gap = 0;
        if (out->length) {
            out->bytes[out->length] = ' ';
            out->letters[out->length++] = 0;
        }
    }
    if (is_letter && !out->within && open_token(out) < 0) return -1;
    if (!is_letter) close_token(out);
    to = out->bytes + out->length;
    flags = out->letters + out->length;
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
    for (size_t i = 0; i < size; i++) flags[i] = (uint8_t)is_letter;
    if (is_letter) {
        uint64_t hash = out->tokens[out->count].hash;
        for (size_t i = 0; i < size; i++) hash = (hash ^ to[i]) * PRIME;
        out->tokens[out->count].hash = hash;
    }
    out->length += size;
    return 0;
}

/* Python's own UTF-8 (half characters included): valid by construction. */
static uint32_t next_code(const uint8_t **at) {
    const uint8_t *s = *at;
    if (s[0] < 0xE0) return *at += 2, (uint32_t)(s[0] & 0x1F) << 6 | (s[1] & 0x3F);
    if (s[0] < 0xF0) return *at += 3, (uint32_t)(s[0] & 0x0F) << 12 | (uint32_t)(s[1] & 0x3F) << 6 | (s[2] & 0x3F);
    *at += 4;
    return (uint32_t)(s[0] & 0x07) << 18 | (uint32_t)(s[1] & 0x3F) << 12 | (uint32_t)(s[2] & 0x3F) << 6 | (s[3] & 0x3F);
}

enum { DONE = 0, NO_MEMORY = -1, ASK = -2 };

static int write_fold(const Folds *folds, Folded *out, uint32_t fold) {
    switch (KIND(fold)) {
    case NOTHING:
        return DONE;
    case SPACE:
        close_token(out);
        out->gap = 1;
        return DONE;
    case RUN: {
        const uint32_t *run = LOAD(&folds->chunks[VALUE(fold) / CHUNK]) + VALUE(fold) % CHUNK;
        for (; KIND(*run) != RUN_END; run++) {
            if (grow(out, 8) < 0 || write_fold(folds, out, *run) != DONE) return NO_MEMORY;
        }
        return DONE;
    }
    default:
        return write_one(out, VALUE(fold), KIND(fold) == LETTER) < 0 ? NO_MEMORY : DONE;
    }
}

/* Fold `text` into `out`. ASK: `*unknown` must be asked of Python first; nothing of this try counts. */
static int fold_text(const Folds *folds, const uint8_t *text, size_t size, Folded *out, uint32_t *unknown) {
    const uint8_t *at = text, *end = text + size;
    const uint32_t *ascii = folds->pages[0];
    out->length = out->count = 0;
    out->gap = out->within = 0;
    if (grow(out, size + 64) < 0) return NO_MEMORY;
    while (at < end) {
        uint32_t code = *at, fold;
        if (code < 0x80) {
            fold = ascii[code];
            at++;
        } else {
            code = next_code(&at);
            fold = fold_of(folds, code);
            if (fold == UNASKED) {
                *unknown = code;
                return ASK;
            }
        }
        if (grow(out, 8) < 0 || write_fold(folds, out, fold) != DONE) return NO_MEMORY;
    }
    close_token(out);
    return DONE;
}

/* ---- the names ---------------------------------------------------------------------------------------------- */

#define NONE 0xFFFFFFFFu

typedef struct {
    uint64_t key;
    uint32_t first;  /* the first name of exactly these tokens, or NONE */
    uint32_t longer; /* does a name go on after these tokens? 2: an empty slot */
} Slot;

typedef struct {
    uint32_t at, length; /* in the pool of bytes */
    uint32_t lead;       /* bytes before its first token: a '#', an '@' */
    uint32_t next;       /* another name of the same tokens, or NONE */
} Name;

typedef struct {
    PyObject_HEAD
    PyObject *lookup;
    Folds folds;
    Slot *slots;
    size_t slot_mask, slot_count;
    uint8_t *gate; /* one bit for each hash of a first token: nearly every token ends here */
    size_t gate_mask;
    Name *names;
    size_t name_count;
    uint8_t *pool;
    size_t pool_length, pool_room;
} Index;

static size_t power_above(size_t least) {
    size_t power = 64;
    while (power < least) power *= 2;
    return power;
}

static Slot *slot_of(const Index *self, uint64_t key) {
    size_t at = (size_t)key & self->slot_mask;
    while (self->slots[at].longer != 2 && self->slots[at].key != key) at = (at + 1) & self->slot_mask;
    return &self->slots[at];
}

static int make_slots(Index *self, size_t count) {
    size_t size = power_above(count * 2);
    self->slots = malloc(size * sizeof *self->slots);
    if (!self->slots) return -1;
    for (size_t i = 0; i < size; i++) self->slots[i] = (Slot){0, NONE, 2};
    self->slot_mask = size - 1;
    return 0;
}

static int more_slots(Index *self) {
    Slot *old = self->slots;
    size_t size = self->slot_mask + 1;
    if (++self->slot_count * 2 <= size) return 0;
    if (make_slots(self, size) < 0) {
        self->slots = old;
        return -1;
    }
    for (size_t i = 0; i < size; i++) {
        if (old[i].longer != 2) *slot_of(self, old[i].key) = old[i];
    }
    free(old);
    return 0;
}

static Slot *taken_slot(Index *self, uint64_t key) {
    Slot *slot = slot_of(self, key);
    if (slot->longer == 2) {
        *slot = (Slot){key, NONE, 0};
        if (more_slots(self) < 0) return NULL;
        slot = slot_of(self, key);
    }
    return slot;
}

static int keep_bytes(Index *self, const Folded *name) {
    if (self->pool_length + name->length > self->pool_room) {
        size_t room = (self->pool_length + name->length) * 2 + 1024;
        uint8_t *pool = realloc(self->pool, room);
        if (!pool) return -1;
        self->pool = pool;
        self->pool_room = room;
    }
    memcpy(self->pool + self->pool_length, name->bytes, name->length);
    self->pool_length += name->length;
    return 0;
}

static int add_name(Index *self, const Folded *name, uint32_t number) {
    uint64_t key = name->tokens[0].hash;
    Slot *slot;
    uint32_t at = (uint32_t)self->pool_length;
    if (self->pool_length + name->length > NONE || keep_bytes(self, name) < 0) return -1;
    self->gate[(key & self->gate_mask) >> 3] |= (uint8_t)(1 << (key & 7));
    for (size_t i = 1; i < name->count; i++) {
        if (!(slot = taken_slot(self, key))) return -1;
        slot->longer = 1;
        key = joined(key, name->tokens[i].hash);
    }
    if (!(slot = taken_slot(self, key))) return -1;
    self->names[number] = (Name){at, (uint32_t)name->length, name->tokens[0].start, slot->first};
    slot->first = number;
    return 0;
}

/* ---- looking up --------------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t text, name, start, end; /* offsets in characters of the folded text */
} Hit;

typedef struct {
    Hit *hits;
    size_t count, room;
    uint8_t *folded; /* the folded texts that were hit, one behind the other, each with the index of its text */
    size_t folded_length, folded_room;
} Found;

static uint32_t characters(const uint8_t *bytes, size_t size) {
    uint32_t count = 0;
    for (size_t i = 0; i < size; i++) count += (bytes[i] & 0xC0) != 0x80;
    return count;
}

static int note(Found *found, Hit hit) {
    if (found->count == found->room) {
        size_t room = found->room * 2 + 64;
        Hit *hits = realloc(found->hits, room * sizeof *hits);
        if (!hits) return -1;
        found->hits = hits;
        found->room = room;
    }
    found->hits[found->count++] = hit;
    return 0;
}

/* Are these names of these tokens really here, and do they begin and end where words do? */
static int compare(const Index *self, const Folded *text, size_t token, uint32_t name, uint32_t number, Found *found) {
    for (; name != NONE; name = self->names[name].next) {
        const Name *one = &self->names[name];
        size_t start = text->tokens[token].start, end;
        if (start < one->lead) continue;
        start -= one->lead;
        end = start + one->length;
        if (end > text->length || memcmp(text->bytes + start, self->pool + one->at, one->length) != 0) continue;
        if ((start && text->letters[start - 1]) || (end < text->length && text->letters[end])) continue;
        uint32_t first = characters(text->bytes, start);
        Hit hit = {number, name, first, first + characters(text->bytes + start, one->length)};
        if (note(found, hit) < 0) return NO_MEMORY;
    }
    return DONE;
}

static int look(const Index *self, const Folded *text, uint32_t number, Found *found) {
    for (size_t i = 0; i < text->count; i++) {
        uint64_t key = text->tokens[i].hash;
        if (!(self->gate[(key & self->gate_mask) >> 3] & 1 << (key & 7))) continue;
        for (size_t j = i + 1;; j++) {
            const Slot *slot = slot_of(self, key);
            if (slot->longer == 2) break;
            if (compare(self, text, i, slot->first, number, found) != DONE) return NO_MEMORY;
            if (!slot->longer || j == text->count) break;
            key = joined(key, text->tokens[j].hash);
        }
    }
    return DONE;
}

static int keep_folded(Found *found, const Folded *text) {
    uint32_t size = (uint32_t)text->length;
    size_t wanted = found->folded_length + sizeof size + size;
    if (wanted > found->folded_room) {
        uint8_t *folded = realloc(found->folded, wanted * 2);
        if (!folded) return -1;
        found->folded = folded;
        found->folded_room = wanted * 2;
    }
    memcpy(found->folded + found->folded_length, &size, sizeof size);
    memcpy(found->folded + found->folded_length + sizeof size, text->bytes, size);
    found->folded_length = wanted;
    return 0;
}

typedef struct {
    const char *bytes;
    Py_ssize_t size;
} Text;

/* From text `*number` on; stops at a letter that Python must be asked about. The lock is not held. */
static int scan_from(const Index *self, const Text *texts, size_t count, size_t *number, Folded *folded, Found *found,
                     uint32_t *unknown) {
    for (; *number < count; ++*number) {
        const Text *one = &texts[*number];
        size_t before = found->count;
        int state = fold_text(&self->folds, (const uint8_t *)one->bytes, (size_t)one->size, folded, unknown);
        if (state != DONE) return state;
        if (look(self, folded, (uint32_t)*number, found) != DONE) return NO_MEMORY;
        if (found->count > before && keep_folded(found, folded) < 0) return NO_MEMORY;
    }
    return DONE;
}

/* ---- what Python sees --------------------------------------------------------------------------------------- */

static void forget_folded(Folded *folded) {
    free(folded->bytes);
    free(folded->letters);
    free(folded->tokens);
}

/* The bytes of `text`; where it holds half characters, a copy that `kept` keeps alive. */
static int bytes_of(PyObject *text, Text *into, PyObject *kept) {
    into->bytes = PyUnicode_AsUTF8AndSize(text, &into->size);
    if (into->bytes) return into->size > 0x7FFFFFF0 ? (PyErr_SetString(PyExc_OverflowError, "too long"), -1) : 0;
    if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return -1;
    PyErr_Clear();
    PyObject *copy = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
    if (!copy || PyList_Append(kept, copy) < 0) {
        Py_XDECREF(copy);
        return -1;
    }
    Py_DECREF(copy);
    return PyBytes_AsStringAndSize(copy, (char **)&into->bytes, &into->size);
}

static PyObject *as_list(const Found *found) {
    PyObject *all = PyList_New(0);
    const uint8_t *folded = found->folded;
    for (size_t i = 0; all && i < found->count;) {
        uint32_t text = found->hits[i].text, size;
        PyObject *hits = PyList_New(0), *one = NULL;
        memcpy(&size, folded, sizeof size);
        for (; hits && i < found->count && found->hits[i].text == text; i++) {
            const Hit *hit = &found->hits[i];
            PyObject *triple = Py_BuildValue("(III)", hit->name, hit->start, hit->end);
            if (!triple || PyList_Append(hits, triple) < 0) Py_CLEAR(hits);
            Py_XDECREF(triple);
        }
        if (hits) one = Py_BuildValue("(Is#N)", text, (const char *)folded + sizeof size, (Py_ssize_t)size, hits);
        if (!one || PyList_Append(all, one) < 0) Py_CLEAR(all);
        Py_XDECREF(one);
        folded += sizeof size + size;
    }
    return all;
}

static PyObject *scanned(Index *self, const Text *texts, size_t count) {
    Folded folded = {0};
    Found found = {0};
    size_t number = 0;
    uint32_t unknown = 0;
    int state = ASK;
    PyObject *answer = NULL;
    while (state == ASK) {
        PyThreadState *saved = PyEval_SaveThread();
        state = scan_from(self, texts, count, &number, &folded, &found, &unknown);
        PyEval_RestoreThread(saved);
        if (state == ASK && ask(&self->folds, self->lookup, unknown) < 0) break;
    }
    if (state == NO_MEMORY) PyErr_NoMemory();
    if (state == DONE) answer = as_list(&found);
    forget_folded(&folded);
    free(found.hits);
    free(found.folded);
    return answer;
}

static PyObject *index_scan(PyObject *me, PyObject *given) {
    PyObject *texts = PySequence_Tuple(given), *kept = PyList_New(0), *answer = NULL;
    Py_ssize_t count = texts && kept ? PyTuple_Size(texts) : 0;
    Text *all = texts && kept ? malloc((size_t)(count + 1) * sizeof *all) : NULL;
    if (texts && kept && !all) PyErr_NoMemory();
    if (all) {
        Py_ssize_t i = 0;
        while (i < count && bytes_of(PyTuple_GetItem(texts, i), &all[i], kept) == 0) i++;
        if (i == count) answer = scanned((Index *)me, all, (size_t)count);
    }
    free(all);
    Py_XDECREF(texts);
    Py_XDECREF(kept);
    return answer;
}

static int ask_for_ascii(Index *self) {
    for (uint32_t code = 0; code < 0x80; code++) {
        if (ask(&self->folds, self->lookup, code) < 0) return -1;
    }
    return 0;
}

static int add_all(Index *self, PyObject *names) {
    PyObject *kept = PyList_New(0);
    Folded folded = {0};
    Py_ssize_t i = 0, count = PyTuple_Size(names);
    for (; kept && i < count; i++) {
        Text text;
        uint32_t unknown = 0;
        int state = ASK;
        if (bytes_of(PyTuple_GetItem(names, i), &text, kept) < 0) break;
        while (state == ASK) {
            state = fold_text(&self->folds, (const uint8_t *)text.bytes, (size_t)text.size, &folded, &unknown);
            if (state == ASK && ask(&self->folds, self->lookup, unknown) < 0) break;
        }
        if (state == DONE && !folded.count) PyErr_SetString(PyExc_ValueError, "a name without a letter or a digit");
        else if (state == NO_MEMORY || (state == DONE && add_name(self, &folded, (uint32_t)i) < 0)) PyErr_NoMemory();
        if (PyErr_Occurred()) break;
    }
    Py_XDECREF(kept);
    forget_folded(&folded);
    return kept && i == count ? 0 : -1;
}

static void index_dealloc(PyObject *me) {
    Index *self = (Index *)me;
    PyTypeObject *type = Py_TYPE(me);
    for (size_t i = 0; i < PAGES; i++) free(self->folds.pages[i]);
    for (size_t i = 0; i < CHUNKS; i++) free(self->folds.chunks[i]);
    free(self->slots);
    free(self->gate);
    free(self->names);
    free(self->pool);
    Py_XDECREF(self->lookup);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(me);
    Py_DECREF(type);
}

static PyObject *index_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    PyObject *given, *lookup, *names;
    if (!PyArg_ParseTuple(args, "OO", &given, &lookup)) return NULL;
    names = PySequence_Tuple(given);
    if (!names) return NULL;
    Index *self = (Index *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (self) {
        size_t count = (size_t)PyTuple_Size(names), bits = power_above(count * 16);
        self->lookup = Py_NewRef(lookup);
        self->name_count = count;
        self->gate_mask = bits - 1;
        self->gate = calloc(bits / 8, 1);
        self->names = malloc((count + 1) * sizeof *self->names);
        if (!self->gate || !self->names || make_slots(self, count) < 0) PyErr_NoMemory();
        if (PyErr_Occurred() || ask_for_ascii(self) < 0 || add_all(self, names) < 0) Py_CLEAR(self);
    }
    Py_DECREF(names);
    return (PyObject *)self;
}

static PyMethodDef methods[] = {
    {"scan", index_scan, METH_O, "[(index of the text, the text folded, [(number of the name, start, end)])] of those hit."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot slots[] = {
    {Py_tp_doc, "Index(names, lookup): names that are folded, and what says how one code point folds."},
    {Py_tp_new, index_new},
    {Py_tp_dealloc, index_dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};
static PyType_Spec spec = {"ouidire.match._names.Index", sizeof(Index), 0, Py_TPFLAGS_DEFAULT, slots};

static int executed(PyObject *module) {
    PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
    int state = type ? PyModule_AddObjectRef(module, "Index", type) : -1;
    Py_XDECREF(type);
    return state;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, executed}, {0, NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "_names", NULL, 0, NULL, module_slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__names(void) { return PyModuleDef_Init(&module); }
