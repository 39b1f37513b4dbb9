/* The kernel of the names: texts in, names found, in one native pass without the interpreter's lock.

   `_fold.h` folds a text and cuts it into tokens, `_table.h` keeps the names, `_packed.h` packs them for a file,
   `_look.h` looks a text up; here is what Python sees of it. `names.py` is the only user and says what is promised. */

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "_look.h"

#define STRETCH 65536 /* characters of a batch that are worked on at once: they stay in the cache */
#define QUICK 4096    /* fewer are done before another thread could take the interpreter */
#define LONGEST_TEXT ((Py_ssize_t)1 << 28)

typedef struct {
    PyObject_HEAD PyObject *lookup, *hit_type, *scanned_type;
    Folds folds;
    Table table;
    Py_buffer views[PARTS]; /* of a mapped table */
    int is_mapped;
    Scan *spare; /* what the last call worked with */
    List forms;  /* names about to be stored, each as it will stand in the pool */
} Index;

/* ---- asking Python ---------------------------------------------------------------------------------------------- */

static uint32_t single(uint32_t told) { /* from Python: the code point, and 1 << 24 where it is a letter or a digit */
    uint32_t code = told & 0xFFFFFFu;
    if (code == ' ') return FOLD(SPACE, 0);
    return FOLD(told >> 24 ? LETTER : MARK, code);
}

/* Ask Python what `code` folds to, and keep the answer. The interpreter's lock is held. */
static int ask(Index *self, uint32_t code) {
    Folds *folds = &self->folds;
    PyObject *told = PyObject_CallFunction(self->lookup, "I", code);
    Py_ssize_t count = told ? PyTuple_Size(told) : -1;
    uint32_t fold = FOLD(NOTHING, 0), at = 0, *run = NULL;
    if (count > 1 && !(run = new_run(folds, (uint32_t)count, &at))) PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < count && !PyErr_Occurred(); i++) {
        uint32_t one = (uint32_t)PyLong_AsUnsignedLong(PyTuple_GetItem(told, i));
        fold = single(one);
        if (run) run[i] = fold;
    }
    if (run) fold = FOLD(RUN, at);
    Py_XDECREF(told);
    if (PyErr_Occurred()) return -1;
    if (keep_fold(folds, code, fold) == DONE) return 0;
    PyErr_NoMemory();
    return -1;
}

static Scan *take_scan(Index *self) {
    Scan *scan = self->spare ? self->spare : calloc(1, sizeof *scan);
    self->spare = NULL;
    if (scan) scan->is_ahead = 0; /* a call that failed half-way leaves a text of its own there */
    else PyErr_NoMemory();
    return scan;
}

static void give_scan(Index *self, Scan *scan) {
    if (!scan) return;
    if (!self->spare && scan->texts_room <= 2 * STRETCH) {
        self->spare = scan;
        return;
    }
    forget_scan(scan);
    free(scan);
}

static int room_for_texts(Scan *scan, size_t count) {
    if (count + 16 <= scan->texts_room) return 0;
    size_t room = count * 3 / 2 + 64;
    uint32_t *texts = realloc(scan->texts, room * sizeof *texts);
    if (!texts) return PyErr_NoMemory(), -1;
    memset(texts + scan->texts_room, 0, (room - scan->texts_room) * sizeof *texts);
    scan->texts = texts;
    scan->texts_room = room;
    return 0;
}

/* ---- adding ----------------------------------------------------------------------------------------------------- */

static int more_forms(List *forms, size_t more) {
    if (forms->count + more + SLACK <= forms->room) return DONE;
    size_t room = (forms->count + more) * 2 + 4 * SLACK;
    uint8_t *at = realloc(forms->at, room);
    if (!at) return NO_MEMORY;
    memset(at + forms->count, 0, room - forms->count);
    *forms = (List){at, forms->count, room};
    return DONE;
}

/* A sigil counts where the name begins with it. */
static uint8_t leading_sigil(const Folds *folds, const Folded *name) {
    uint8_t sigil = sigil_before(name, &name->tokens[0]);
    for (size_t at = 0; sigil && at + 1 < name->tokens[0].start; at++) {
        if (name->bytes[at] >= 0x80 || KIND(folds->ascii[name->bytes[at]]) != SPACE) return 0;
    }
    return sigil;
}

/* A folded name as it is stored, behind the others in `forms`: tokens parted by a space, a tag in one piece. */
static int keep_form(Index *self, const Folded *name) {
    List *forms = &self->forms;
    uint8_t sigil = leading_sigil(&self->folds, name), *to;
    if (more_forms(forms, name->length + name->count + 2) != DONE) return PyErr_NoMemory(), -1;
    to = (uint8_t *)forms->at + forms->count;
    if (sigil) *to++ = sigil;
    for (size_t i = 0; i < name->count; i++) {
        const Token *token = &name->tokens[i];
        if (i && sigil != '#') *to++ = ' ';
        memcpy(to, name->bytes + token->start, token_size(token));
        to += token_size(token);
    }
    *to++ = 0;
    forms->count = (size_t)(to - (uint8_t *)forms->at);
    return 0;
}

static int form(Index *self, Scan *scan, PyObject *text) {
    Py_ssize_t size = PyUnicode_GetLength(text);
    uint32_t unknown = 0;
    int state = ASK;
    if (size > LONGEST_TEXT) PyErr_SetString(PyExc_OverflowError, "a name is too long");
    if (size < 0 || size > LONGEST_TEXT || room_for_texts(scan, (size_t)size) < 0) return -1;
    if (!PyUnicode_AsUCS4(text, scan->texts, (Py_ssize_t)scan->texts_room, 0)) return -1;
    while (state == ASK) {
        state = fold_text(&self->folds, scan->texts, (size_t)size, &scan->folded, &unknown);
        if (state == ASK && ask(self, unknown) < 0) return -1;
    }
    if (state != DONE) return PyErr_NoMemory(), -1;
    if (scan->folded.count) return keep_form(self, &scan->folded);
    PyErr_SetObject(PyExc_ValueError, text);
    return -1;
}

typedef struct {
    const uint32_t *contexts;
    size_t context_count;
    const int32_t *cells;
    size_t cell_count;
} Beside;

static int add_beside(Table *table, uint32_t name, uint32_t number, const Beside *beside) {
    *flags_of(table, name) |= CONDITIONAL;
    for (size_t i = 0; i < beside->context_count; i++) {
        *flags_of(table, beside->contexts[i]) |= CONTEXT;
        if (pair_up(table, name, beside->contexts[i], number) != DONE) return NO_MEMORY;
    }
    for (size_t i = 0; i < beside->cell_count; i++) {
        if (pair_up(table, name | CELL, (uint32_t)beside->cells[i], number) != DONE) return NO_MEMORY;
    }
    return DONE;
}

/* Store the forms: the name first, its contexts behind it. `numbers` has room for each. */
static int add_forms(Index *self, uint32_t owner, uint32_t *numbers, size_t count, Beside *beside, int conditional,
                     int slips) {
    Table *table = &self->table;
    const uint8_t *text = self->forms.at;
    for (size_t i = 0; i < count; i++, text += strlen((const char *)text) + 1) {
        if ((numbers[i] = intern(table, text)) == NONE) return NO_MEMORY;
    }
    uint32_t number = number_of(table, owner);
    if (number == NONE) return NO_MEMORY;
    int wanted = slips ? want_slips(table, numbers[0]) : 0;
    if (wanted < 0) return NO_MEMORY;
    if (wanted) number |= WITH_SLIPS;
    if (!conditional) return own_name(table, numbers[0], number);
    beside->contexts = numbers + 1;
    beside->context_count = count - 1;
    return add_beside(table, numbers[0], number, beside);
}

static int read_cells(PyObject *given, Py_ssize_t count, int32_t *cells) {
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *one = PySequence_GetItem(given, i);
        long long cell = one ? PyLong_AsLongLong(one) : -1;
        Py_XDECREF(one);
        if (cell == -1 && PyErr_Occurred()) return -1;
        if (cell < INT32_MIN || cell > INT32_MAX) {
            PyErr_SetString(PyExc_OverflowError, "a cell is a number of 32 bits");
            return -1;
        }
        cells[i] = (int32_t)cell;
    }
    return 0;
}

static int form_all(Index *self, Scan *scan, PyObject *name, PyObject *contexts, Py_ssize_t count) {
    self->forms.count = 0;
    if (form(self, scan, name) < 0) return -1;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *one = PySequence_GetItem(contexts, i);
        int state = one ? form(self, scan, one) : -1;
        Py_XDECREF(one);
        if (state < 0) return -1;
    }
    return 0;
}

static int owner_of(PyObject *given, uint32_t *owner) {
    unsigned long long one = PyLong_AsUnsignedLongLong(given);
    if (PyErr_Occurred()) return -1;
    if (one > 0xFFFFFFFFu) return PyErr_SetString(PyExc_OverflowError, "an owner is a number of 32 bits"), -1;
    *owner = (uint32_t)one;
    return 0;
}

static PyObject *index_add(PyObject *me, PyObject *args) {
    Index *self = (Index *)me;
    uint32_t owner;
    PyObject *given, *name, *contexts, *cells, *answer = NULL;
    int conditional, slips;
    if (!PyArg_ParseTuple(args, "OUOOpp", &given, &name, &contexts, &cells, &conditional, &slips)) return NULL;
    if (owner_of(given, &owner) < 0) return NULL;
    if (self->is_mapped || is_packed(&self->table))
        return PyErr_SetString(PyExc_TypeError, "this index is closed"), NULL;
    Py_ssize_t count = conditional ? PySequence_Size(contexts) : 0,
               cell_count = conditional ? PySequence_Size(cells) : 0;
    if (count < 0 || cell_count < 0) return NULL;
    uint32_t *numbers = malloc(((size_t)count + 1) * sizeof *numbers);
    int32_t *numbered = malloc(((size_t)cell_count + 1) * sizeof *numbered);
    Scan *scan = take_scan(self);
    Beside beside = {NULL, 0, numbered, (size_t)cell_count};
    if (!numbers || !numbered) PyErr_NoMemory();
    else if (scan && form_all(self, scan, name, contexts, count) == 0 && read_cells(cells, cell_count, numbered) == 0) {
        int is_new = find_owner(&self->table, owner) == NONE, says = !conditional || count || cell_count;
        if (says && add_forms(self, owner, numbers, (size_t)count + 1, &beside, conditional, slips) != DONE)
            PyErr_NoMemory();
        else answer = PyBool_FromLong(says && is_new);
    }
    give_scan(self, scan);
    free(numbers);
    free(numbered);
    return answer;
}

static PyObject *index_remove(PyObject *me, PyObject *given) {
    uint32_t owner;
    if (owner_of(given, &owner) < 0) return NULL;
    int state = remove_owner(&((Index *)me)->table, owner);
    return state < 0 ? PyErr_NoMemory() : PyBool_FromLong(state);
}

static PyObject *index_has(PyObject *me, PyObject *given) {
    uint32_t owner;
    if (owner_of(given, &owner) < 0) return NULL;
    return PyBool_FromLong(find_owner(&((Index *)me)->table, owner) != NONE);
}

/* ---- scanning --------------------------------------------------------------------------------------------------- */

typedef struct {
    size_t at, size, cells, cell_count;
} Text;

/* A stretch of a batch: texts from `first` on, copied so that nobody can change them while they are read. */
typedef struct {
    Text *texts;
    int32_t *cells;
    size_t count, room, first, size, cell_count, cell_room;
} Batch;

static int copy_cells(Batch *batch, Text *text, PyObject *given, Py_ssize_t number) {
    PyObject *one = given == Py_None ? Py_NewRef(Py_None) : PySequence_GetItem(given, number);
    Py_ssize_t count = !one ? -1 : one == Py_None ? 0 : PySequence_Size(one);
    int state = count < 0 ? -1 : 0;
    if (count > 0 && batch->cell_count + (size_t)count > batch->cell_room) {
        size_t room = (batch->cell_count + (size_t)count) * 2;
        int32_t *cells = realloc(batch->cells, room * sizeof *cells);
        if (!cells) PyErr_NoMemory(), state = -1;
        else batch->cells = cells, batch->cell_room = room;
    }
    text->cells = batch->cell_count;
    text->cell_count = count > 0 ? (size_t)count : 0;
    if (!state && count > 0) state = read_cells(one, count, batch->cells + batch->cell_count);
    batch->cell_count += text->cell_count;
    Py_XDECREF(one);
    return state;
}

static int copy_text(Batch *batch, Scan *scan, PyObject *text, PyObject *cells, Py_ssize_t number, Py_ssize_t size) {
    if (batch->count == batch->room) {
        size_t room = batch->room * 2 + 64;
        Text *texts = realloc(batch->texts, room * sizeof *texts);
        if (!texts) return PyErr_NoMemory(), -1;
        batch->texts = texts;
        batch->room = room;
    }
    Text *one = &batch->texts[batch->count];
    *one = (Text){batch->size, (size_t)size, 0, 0};
    if (cells != Py_None && copy_cells(batch, one, cells, number) < 0) return -1;
    if (!PyUnicode_AsUCS4(text, scan->texts + batch->size, (Py_ssize_t)(scan->texts_room - batch->size), 0)) return -1;
    batch->count++;
    batch->size += (size_t)size;
    return 0;
}

/* The next texts, up to a stretch of them, at least one. */
static int copy_stretch(Batch *batch, Scan *scan, PyObject *texts, PyObject *cells, Py_ssize_t count) {
    Py_ssize_t number = (Py_ssize_t)(batch->first + batch->count);
    batch->first = (size_t)number;
    batch->count = batch->size = batch->cell_count = 0;
    for (; number < count; number++) {
        PyObject *text = PyTuple_GetItem(texts, number);
        Py_ssize_t size = PyUnicode_GetLength(text);
        if (size < 0) return -1;
        if (size > LONGEST_TEXT) return PyErr_SetString(PyExc_OverflowError, "a text is too long"), -1;
        if (batch->count && batch->size + (size_t)size > STRETCH) break;
        size_t wanted = count - number == 1 || size > STRETCH ? batch->size + (size_t)size : STRETCH;
        if (room_for_texts(scan, wanted) < 0 || copy_text(batch, scan, text, cells, number, size) < 0) return -1;
    }
    return 0;
}

/* Fold a text before its turn comes: what it will ask for is fetched meanwhile. */
static int fold_ahead(const Folds *folds, Scan *scan, const Text *text, Table *const *tables, int count,
                      uint32_t *unknown) {
    int state = fold_text(folds, scan->texts + text->at, text->size, &scan->ahead, unknown);
    scan->is_ahead = state == DONE;
    if (state == DONE) fetch(&scan->ahead, tables, count);
    return state;
}

/* From text `*number` of the stretch on; stops at a letter that Python must be asked about. Needs no lock. */
static int scan_stretch(const Folds *folds, Scan *scan, const Batch *batch, Table *const *tables, int count,
                        size_t *number, uint32_t *unknown) {
    for (; *number < batch->count; ++*number) {
        const Text *text = &batch->texts[*number];
        int state = scan->is_ahead ? DONE : fold_ahead(folds, scan, text, tables, count, unknown);
        if (state != DONE) return state;
        Folded done = scan->folded;
        scan->folded = scan->ahead;
        scan->ahead = done;
        scan->is_ahead = 0;
        if (*number + 1 < batch->count) state = fold_ahead(folds, scan, text + 1, tables, count, unknown);
        if (state == NO_MEMORY) return NO_MEMORY; /* a letter to be asked about is met again when it is the text's turn */
        if (!scan->folded.count) continue;
        Cells cells = {text->cell_count ? batch->cells + text->cells : NULL, text->cell_count};
        if (look(scan, tables, count, cells) != DONE) return NO_MEMORY;
        if (LENGTH(scan, SPOTS) && keep_hits(scan, folds, (uint32_t)(batch->first + *number)) != DONE) return NO_MEMORY;
    }
    return DONE;
}

static int scan_batch(Index *self, Scan *scan, const Batch *batch, Table *const *tables, int count) {
    size_t number = 0;
    uint32_t unknown = 0;
    int state = ASK;
    while (state == ASK) {
        PyThreadState *saved = batch->size > QUICK ? PyEval_SaveThread() : NULL;
        state = scan_stretch(&self->folds, scan, batch, tables, count, &number, &unknown);
        if (saved) PyEval_RestoreThread(saved);
        if (state == ASK && ask(self, unknown) < 0) return -1;
    }
    return state == DONE ? 0 : (PyErr_NoMemory(), -1);
}

/* A tuple of one of our own kinds; takes over the references, also when it fails. */
static PyObject *tuple_of(PyObject *type, PyObject **items, Py_ssize_t count) {
    PyObject *made = PyType_GenericAlloc((PyTypeObject *)type, count);
    int failed = !made;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!items[i]) failed = 1;
        else if (!made) Py_DECREF(items[i]);
        else if (PyTuple_SetItem(made, i, items[i]) < 0) failed = 1;
    }
    if (failed) Py_CLEAR(made);
    return made;
}

static PyObject *one_hit(const Index *self, const Hit *hit) {
    PyObject *items[] = {PyLong_FromUnsignedLong(hit->owner), PyLong_FromUnsignedLong(hit->start),
                         PyLong_FromUnsignedLong(hit->end), PyLong_FromUnsignedLong(hit->how)};
    return tuple_of(self->hit_type, items, 4);
}

/* What was found so far goes into `answer`. */
static int tell(const Index *self, Scan *scan, PyObject *answer) {
    const uint8_t *folded = LIST(scan, FOLDED, uint8_t);
    const Hit *hits = LIST(scan, HITS, Hit);
    size_t count = LENGTH(scan, HITS);
    for (size_t i = 0; i < count;) {
        uint32_t text = hits[i].text, size;
        size_t end = i;
        while (end < count && hits[end].text == text) end++;
        memcpy(&size, folded, sizeof size);
        PyObject *list = PyList_New((Py_ssize_t)(end - i)), *key = PyLong_FromUnsignedLong(text);
        for (size_t at = i; list && at < end; at++) {
            PyObject *hit = one_hit(self, &hits[at]);
            if (!hit) Py_CLEAR(list);
            else PyList_SetItem(list, (Py_ssize_t)(at - i), hit);
        }
        PyObject *items[] = {PyUnicode_FromStringAndSize((const char *)folded + sizeof size, (Py_ssize_t)size), list};
        PyObject *scanned = tuple_of(self->scanned_type, items, 2);
        int state = scanned && key ? PyDict_SetItem(answer, key, scanned) : -1;
        Py_XDECREF(key);
        Py_XDECREF(scanned);
        if (state < 0) return -1;
        folded += sizeof size + size;
        i = end;
    }
    scan->lists[HITS].count = scan->lists[FOLDED].count = 0;
    return 0;
}

static PyObject *index_scan(PyObject *me, PyObject *args) {
    Index *self = (Index *)me;
    PyObject *given, *cells, *below, *answer = NULL;
    if (!PyArg_ParseTuple(args, "OOO", &given, &cells, &below)) return NULL;
    if (below != Py_None && Py_TYPE(below) != Py_TYPE(me))
        return PyErr_SetString(PyExc_TypeError, "not an index"), NULL;
    PyObject *texts = PySequence_Tuple(given);
    Py_ssize_t count = texts ? PyTuple_Size(texts) : -1;
    Scan *scan = texts ? take_scan(self) : NULL;
    Table *tables[2] = {&self->table, below == Py_None ? NULL : &((Index *)below)->table};
    Batch batch = {0};
    int state = scan && (cells == Py_None || PySequence_Size(cells) == count) ? 0 : -1;
    if (scan && state) PyErr_Clear(), PyErr_SetString(PyExc_ValueError, "as many lists of cells as texts");
    if (state == 0 && (answer = PyDict_New())) {
        scan->lists[HITS].count = scan->lists[FOLDED].count = 0;
        while (state == 0 && (Py_ssize_t)(batch.first + batch.count) < count) {
            state = copy_stretch(&batch, scan, texts, cells, count);
            if (state == 0) state = scan_batch(self, scan, &batch, tables, tables[1] ? 2 : 1);
            if (state == 0) state = tell(self, scan, answer);
        }
        if (state < 0) Py_CLEAR(answer);
    }
    free(batch.texts);
    free(batch.cells);
    give_scan(self, scan);
    Py_XDECREF(texts);
    return answer;
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

static PyObject *index_gather(PyObject *me, PyObject *args) {
    Index *self = (Index *)me;
    Table *tables[2];
    PyObject *others[2] = {NULL, NULL};
    int count = 0;
    if (!PyArg_ParseTuple(args, "O|O", &others[0], &others[1])) return NULL;
    for (; count < 2 && others[count]; count++) {
        if (Py_TYPE(others[count]) != Py_TYPE(me)) return PyErr_SetString(PyExc_TypeError, "not an index"), NULL;
        tables[count] = &((Index *)others[count])->table;
    }
    if (self->is_mapped || is_packed(&self->table) || COUNT(&self->table, POOL))
        return PyErr_SetString(PyExc_ValueError, "not an empty index"), NULL;
    return gather_tables(&self->table, tables, count) == DONE ? Py_NewRef(Py_None) : PyErr_NoMemory();
}

/* Views of the table's parts; they live no longer than the next change of it. */
static PyObject *index_parts(PyObject *me, PyObject *Py_UNUSED(none)) {
    const Table *table = &((Index *)me)->table;
    PyObject *parts = PyTuple_New(PARTS);
    for (int part = 0; parts && part < PARTS; part++) {
        Py_ssize_t size = (Py_ssize_t)(COUNT(table, part) * ITEM[part]);
        PyObject *view = PyMemoryView_FromMemory(table->parts[part].at, size, PyBUF_READ);
        if (!view || PyTuple_SetItem(parts, part, view) < 0) Py_CLEAR(parts);
    }
    return parts;
}

/* The ordinary words, for another index that is to have the same. */
static PyObject *index_ordinary(PyObject *me, PyObject *Py_UNUSED(none)) {
    const Table *table = &((Index *)me)->table;
    const Ordinary *slots = PART(table, ORDINARY, Ordinary);
    PyObject *words = PyList_New(0);
    for (size_t i = 0; words && i < COUNT(table, ORDINARY); i++) {
        char word[17] = {0};
        if (!slots[i].first) continue;
        memcpy(word, &slots[i], sizeof slots[i]);
        PyObject *one = PyUnicode_FromString(word);
        if (!one || PyList_Append(words, one) < 0) Py_CLEAR(words);
        Py_XDECREF(one);
    }
    return words;
}

static PyObject *index_nbytes(PyObject *me, PyObject *Py_UNUSED(none)) {
    return PyLong_FromSize_t(table_bytes(&((Index *)me)->table));
}

static Py_ssize_t index_len(PyObject *me) {
    const Table *table = &((Index *)me)->table;
    return (Py_ssize_t)(owner_count(table) - table->dead_count);
}

static int is_power(size_t count) { return count && !(count & (count - 1)); }

/* Do buckets hold whole records, one behind the other, and all of them? */
static int are_records_sound(const Table *table) {
    const uint32_t *begin = PART(table, BUCKETS, uint32_t);
    const uint8_t *records = PART(table, RECORDS, uint8_t);
    size_t buckets = COUNT(table, BUCKETS), at = 0;
    for (size_t i = 0; i < buckets; i++) {
        while (at < begin[i] && at < COUNT(table, RECORDS)) at = (size_t)(next_record(records + at) - records);
        if (at != begin[i]) return 0;
    }
    return buckets > 1 && at == COUNT(table, RECORDS);
}

/* Does each stretch of owners begin within SERIES? */
static int are_owners_sound(const Table *table) {
    if (COUNT(table, OWNERS) != (USED(table, OWNERS) + STRIDE - 1) / STRIDE * 2) return 0;
    for (size_t i = 1; i < COUNT(table, OWNERS); i += 2) {
        if (PART(table, OWNERS, uint32_t)[i] > COUNT(table, SERIES)) return 0;
    }
    return 1;
}

/* Does a part end with the end of a word or of a number? */
static int ends_well(const Table *table, int part) {
    size_t count = COUNT(table, part);
    uint8_t last = count ? PART(table, part, uint8_t)[count - 1] : 0;
    return part == POOL ? !last : last < 0x80;
}

/* Could this be what `parts` gave of a packed table? What lies deeper is vouched for by the file's checksum. */
static int is_sound(const Table *table) {
    static const int hashed[] = {WORDS, NEAR, ORDINARY}, in_bytes[] = {POOL, RECORDS, BESIDE, SERIES};
    if (COUNT(table, META) != METAS || !is_packed(table) || !is_power(COUNT(table, GATE)) ||
        !is_power(COUNT(table, NEAR_GATE)) || !is_power(COUNT(table, HALVES)))
        return 0;
    for (int i = 0; i < 3; i++) {
        if (USED(table, hashed[i]) >= COUNT(table, hashed[i])) return 0;
    }
    if (COUNT(table, CHECKS) != COUNT(table, NEAR)) return 0;
    for (int i = 0; i < 4; i++) {
        if (!ends_well(table, in_bytes[i])) return 0;
    }
    return are_records_sound(table) && are_owners_sound(table);
}

/* The table is where `given` lies: a buffer a part, each with SLACK readable bytes behind it. */
static int map_table(Index *self, PyObject *given) {
    self->is_mapped = 1;
    for (int part = 0; part < PARTS; part++) {
        PyObject *one = PySequence_GetItem(given, part);
        int state = one ? PyObject_GetBuffer(one, &self->views[part], PyBUF_SIMPLE) : -1;
        Py_XDECREF(one);
        if (state < 0) return -1;
        const Py_buffer *view = &self->views[part];
        if ((size_t)view->len % ITEM[part] || (view->len && (uintptr_t)view->buf % 8))
            return PyErr_SetString(PyExc_ValueError, "not an index"), -1;
        self->table.parts[part] = (Part){view->buf, (size_t)view->len / ITEM[part], 0};
    }
    return is_sound(&self->table) ? 0 : (PyErr_SetString(PyExc_ValueError, "not an index"), -1);
}

static void index_dealloc(PyObject *me) {
    Index *self = (Index *)me;
    PyTypeObject *type = Py_TYPE(me);
    forget_folds(&self->folds);
    close_table(&self->table, self->is_mapped);
    for (int part = 0; part < PARTS; part++) {
        if (self->views[part].obj) PyBuffer_Release(&self->views[part]);
    }
    if (self->spare) forget_scan(self->spare);
    free(self->spare);
    free(self->forms.at);
    Py_XDECREF(self->lookup);
    Py_XDECREF(self->hit_type);
    Py_XDECREF(self->scanned_type);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(me);
    Py_DECREF(type);
}

static int ask_for_ascii(Index *self) {
    for (uint32_t code = 0; code < 128; code++) {
        if (ask(self, code) < 0) return -1;
    }
    return 0;
}

/* Words that everybody uses, each of one to sixteen bytes. */
static int take_ordinary(Index *self, PyObject *given) {
    PyObject *words = PySequence_Tuple(given);
    Py_ssize_t count = words ? PyTuple_Size(words) : -1;
    uint8_t *room = count < 0 ? NULL : calloc((size_t)count * 16 + 1, 1);
    if (words && !room) PyErr_NoMemory();
    for (Py_ssize_t i = 0; room && i < count && !PyErr_Occurred(); i++) {
        Py_ssize_t size;
        const char *word = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(words, i), &size);
        if (word && (size < 1 || size > 16)) PyErr_SetString(PyExc_ValueError, "not one to sixteen bytes");
        else if (word) memcpy(room + 16 * i, word, (size_t)size);
    }
    if (!PyErr_Occurred() && keep_ordinary(&self->table, room, (size_t)count) != DONE) PyErr_NoMemory();
    free(room);
    Py_XDECREF(words);
    return PyErr_Occurred() ? -1 : 0;
}

static int is_kind_of_tuple(PyObject *type) {
    return PyType_Check(type) && PyType_IsSubtype((PyTypeObject *)type, &PyTuple_Type);
}

static PyObject *index_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    PyObject *lookup, *hit_type, *scanned_type, *parts = Py_None, *ordinary = NULL;
    (void)kwargs;
    if (!PyArg_ParseTuple(args, "OOO|OO", &lookup, &hit_type, &scanned_type, &parts, &ordinary)) return NULL;
    if (!is_kind_of_tuple(hit_type) || !is_kind_of_tuple(scanned_type)) {
        return PyErr_SetString(PyExc_TypeError, "hits and what holds them are tuples"), NULL;
    }
    Index *self = (Index *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (!self) return NULL;
    self->lookup = Py_NewRef(lookup);
    self->hit_type = Py_NewRef(hit_type);
    self->scanned_type = Py_NewRef(scanned_type);
    if (parts != Py_None) map_table(self, parts);
    else if (open_table(&self->table) != DONE) PyErr_NoMemory();
    else if (ordinary) take_ordinary(self, ordinary);
    if (PyErr_Occurred() || ask_for_ascii(self) < 0) Py_CLEAR(self);
    return (PyObject *)self;
}

static PyMethodDef methods[] = {
    {"add", index_add, METH_VARARGS, "(owner, name, contexts, cells, conditional, slips): is the owner new here?"},
    {"remove", index_remove, METH_O, "Was this owner here?"},
    {"has", index_has, METH_O, "Is this owner here?"},
    {"scan", index_scan, METH_VARARGS,
     "(texts, cells or None, an index below or None): {index of a text: what it holds}."},
    {"gather", index_gather, METH_VARARGS, "Fill this empty index with what lives in one or two others, for good."},
    {"parts", index_parts, METH_NOARGS, "Views of the arrays; good until the next change."},
    {"ordinary", index_ordinary, METH_NOARGS, "The ordinary words that it was given."},
    {"nbytes", index_nbytes, METH_NOARGS, "The bytes of the arrays."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot slots[] = {
    {Py_tp_doc,
     "Index(lookup, Hit, Scanned, parts=None, ordinary=()): what says how one code point folds, what to answer with, and "
     "either the parts of another index or the words that everybody uses."},
    {Py_tp_new, index_new},
    {Py_tp_dealloc, index_dealloc},
    {Py_tp_methods, methods},
    {Py_sq_length, index_len},
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
