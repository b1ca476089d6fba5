/*
 * branch.c - templates that choose: {% if … %} a {% elif … %} b {% else %} c {% endif %}; {@x} ? {a} : {b} of SqlRender;
 * {{ if … }} a {{ else }} b {{ end }} of Go, {{#if x}} a {{/if}} of Handlebars, {{#x}} a {{/x}} {{^x}} b {{/x}} of Mustache,
 * %{ if … } a %{ endif } of Terraform, {% unless … %} a {% endunless %} of Liquid.
 *
 * A text with choices is several texts. Each *variant* of it is read alone: what is in branches that it does not take is
 * passed over like a blank. There are as many variants as it takes to see every branch once; choices side by side are
 * made together, because they mostly ask the same question.
 */
#include "sql/branch.h"

#include <string.h>

typedef struct {
    guint first, count; /* of its branches, in `branches` */
    guint total;        /* variants that it takes */
    bool has_else;
} Choice;

typedef struct {
    guint weight; /* variants that it takes to see all of it */
} Branch;

struct Branches {
    GArray *choices;  /* Choice, in the order of their `if` */
    GPtrArray *lists; /* GArray * of Branch, one for each choice */
    guint variants;
};

static void
find_word(const char *text, const Token *token, size_t *ret_begin, size_t *ret_end)
{
    size_t at = token->begin + 2, end = token->end;
    while (at < end && (g_ascii_isspace(text[at]) || strchr("-+~", text[at]) != NULL))
        at++;
    *ret_begin = at;
    while (at < end && g_ascii_isalpha(text[at]))
        at++;
    *ret_end = at;
}

static bool
is_said(const char *text, size_t begin, size_t end, const char *word)
{
    return strlen(word) == end - begin && memcmp(text + begin, word, end - begin) == 0;
}

bool
tag_is_border(const char *text, const Token *tag)
{
    static const char *const names[] = {
        "macro",   "endmacro", "endset",  "snapshot",        "endsnapshot",       "test",
        "endtest", "call",     "endcall", "materialization", "endmaterialization"};
    size_t begin, end;
    find_word(text, tag, &begin, &end);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (is_said(text, begin, end, names[i]))
            return true;
    return is_said(text, begin, end, "set") && memchr(text + begin, '=', tag->end - begin) == NULL;
}

/* Of a template in two braces: #each x, /each, #x, ^x, /x, ^ alone. */
static Tag
tag_of_sign(const char *text, const Token *token, size_t sign)
{
    size_t begin = sign + 1, end = begin;
    while (begin < token->end && g_ascii_isspace(text[begin]))
        begin++;
    for (end = begin; end < token->end && g_ascii_isalpha(text[end]);)
        end++;
    bool is_each = is_said(text, begin, end, "each");
    switch (text[sign]) {
    case '#':
        return is_each ? TAG_FOR : TAG_IF;
    case '/':
        return is_each ? TAG_ENDFOR : TAG_ENDIF;
    case '^':
        return text[begin] == '}' || text[begin] == '~' ? TAG_ELSE : TAG_IF;
    default:
        return TAG_OTHER;
    }
}

Tag
tag_of_go(const char *word, size_t bytes)
{
    static const struct {
        const char *word;
        Tag tag;
    } words[] = {{"if", TAG_IF},      {"else", TAG_ELSE}, {"with", TAG_IF}, {"range", TAG_FOR},
                 {"define", TAG_FOR}, {"block", TAG_FOR}, {"end", TAG_END}};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (is_said(word, 0, bytes, words[i].word))
            return words[i].tag;
    return TAG_OTHER;
}

/* Of a template in two braces. */
static Tag
tag_in_braces(const char *text, const Token *token)
{
    size_t begin, end;
    find_word(text, token, &begin, &end);
    if (begin == end)
        return tag_of_sign(text, token, begin);
    Tag tag = tag_of_go(text + begin, end - begin);
    while (end < token->end && g_ascii_isspace(text[end]))
        end++;
    return tag == TAG_ELSE && g_str_has_prefix(text + end, "if ") ? TAG_ELIF : tag;
}

static Tag
tag_of(const char *text, const Token *token)
{
    static const struct {
        const char *word;
        Tag tag;
    } names[] = {{"if", TAG_IF},       {"else", TAG_ELSE},  {"elif", TAG_ELIF},
                 {"endif", TAG_ENDIF}, {"for", TAG_FOR},    {"endfor", TAG_ENDFOR},
                 {"unless", TAG_IF},   {"elsif", TAG_ELIF}, {"endunless", TAG_ENDIF}};
    size_t begin, at;
    if (token->kind == TOKEN_CHOICE)
        return text[token->begin] == '{'     ? TAG_IF
               : text[token->end - 1] == '{' ? TAG_ELSE
                                             : TAG_ENDIF;
    if (text[token->begin + 1] == '{' && text[token->begin] == '{')
        return tag_in_braces(text, token);
    find_word(text, token, &begin, &at);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (is_said(text, begin, at, names[i].word))
            return names[i].tag;
    return TAG_OTHER;
}

bool
tag_begins_loop(const char *text, const Token *tag)
{
    return tag_of(text, tag) == TAG_FOR;
}

static bool
may_choose(const Token *token)
{
    return token->kind == TOKEN_TAG || token->kind == TOKEN_CHOICE;
}

/* ---- counting ---- */

typedef struct {
    bool is_loop;
    guint choice;
    guint weight; /* of the branch so far */
} Frame;

static Frame *
top(const GArray *stack)
{
    return stack->len > 0 ? &g_array_index(stack, Frame, stack->len - 1) : NULL;
}

static void
end_branch(Branches *branches, const Frame *frame)
{
    Branch branch = {.weight = frame->weight};
    g_array_append_val((GArray *) g_ptr_array_index(branches->lists, frame->choice), branch);
    g_array_index(branches->choices, Choice, frame->choice).total += frame->weight;
}

static void
begin_choice(Branches *branches, GArray *stack)
{
    Frame frame = {.choice = branches->choices->len, .weight = 1};
    Choice choice = {0};
    g_array_append_val(branches->choices, choice);
    g_ptr_array_add(branches->lists, g_array_new(FALSE, TRUE, sizeof(Branch)));
    g_array_append_val(stack, frame);
}

static void
end_choice(Branches *branches, GArray *stack)
{
    Frame frame = *top(stack);
    Choice *choice = &g_array_index(branches->choices, Choice, frame.choice);
    end_branch(branches, &frame);
    if (!choice->has_else) { /* nothing may stand there, too */
        frame.weight = 1;
        end_branch(branches, &frame);
    }
    guint total = g_array_index(branches->choices, Choice, frame.choice).total;
    g_array_set_size(stack, stack->len - 1);
    for (guint i = stack->len; i > 0; i--) { /* the next one out that is no loop */
        Frame *outer = &g_array_index(stack, Frame, i - 1);
        outer->weight = MAX(outer->weight, total);
        if (!outer->is_loop)
            return;
    }
    branches->variants = MAX(branches->variants, total);
}

/* False when it has no end or beginning. */
static bool
count_tag(Branches *branches, GArray *stack, Tag tag)
{
    Frame *frame = top(stack), loop = {.is_loop = true, .weight = 1};
    switch (tag) {
    case TAG_IF:
        begin_choice(branches, stack);
        return true;
    case TAG_FOR:
        g_array_append_val(stack, loop);
        return true;
    case TAG_ENDFOR:
        if (frame == NULL || !frame->is_loop)
            return false;
        g_array_set_size(stack, stack->len - 1);
        return true;
    case TAG_ELIF:
    case TAG_ELSE:
        if (frame == NULL)
            return false;
        if (frame->is_loop)
            return true;
        end_branch(branches, frame);
        frame->weight = 1;
        g_array_index(branches->choices, Choice, frame->choice).has_else |= tag == TAG_ELSE;
        return true;
    case TAG_ENDIF:
        if (frame == NULL || frame->is_loop)
            return false;
        end_choice(branches, stack);
        return true;
    case TAG_END:
        return frame != NULL && count_tag(branches, stack, frame->is_loop ? TAG_ENDFOR : TAG_ENDIF);
    case TAG_OTHER:
        break;
    }
    return true;
}

Branches *
branches_new(const TokenList *list)
{
    if (!tokens_have(list, TOKEN_TAG) && !tokens_have(list, TOKEN_CHOICE))
        return NULL;
    Branches *branches = g_new0(Branches, 1);
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(Frame));
    bool is_balanced = true;
    *branches = (Branches){
        .choices = g_array_new(FALSE, TRUE, sizeof(Choice)),
        .lists = g_ptr_array_new_with_free_func((GDestroyNotify) g_array_unref),
        .variants = 1,
    };
    for (guint i = 0; is_balanced && i < list->tokens->len; i++)
        if (may_choose(tokens_at(list, i)))
            is_balanced = count_tag(branches, stack, tag_of(list->text, tokens_at(list, i)));
    if (!is_balanced || stack->len > 0) { /* then all of it is one text */
        g_array_set_size(branches->choices, 0);
        branches->variants = 1;
    }
    branches->variants = MIN(branches->variants, BRANCH_VARIANTS_MAX);
    return branches;
}

void
branches_free(Branches *branches)
{
    g_array_unref(branches->choices);
    g_ptr_array_unref(branches->lists);
    g_free(branches);
}

guint
branches_variants(const Branches *branches)
{
    return branches != NULL ? branches->variants : 1;
}

/* ---- taking ---- */

typedef struct {
    bool is_loop, is_live, is_outer_live;
    guint choice, branch, left; /* variants that are left before its turn */
    guint variant;              /* as it is counted inside */
} Turn;

static void
take_branch(const Branches *branches, Turn *turn)
{
    const GArray *list = g_ptr_array_index(branches->lists, turn->choice);
    guint weight = turn->branch < list->len ? g_array_index(list, Branch, turn->branch).weight : 1;
    turn->is_live = turn->is_outer_live && turn->left < weight;
    turn->variant = turn->left;
    turn->left = turn->left < weight ? G_MAXUINT : turn->left - weight;
}

static void
push_turn(const Branches *branches, GArray *stack, bool is_loop, guint choice, guint variant)
{
    const Turn *outer = stack->len > 0 ? &g_array_index(stack, Turn, stack->len - 1) : NULL;
    Turn turn = {.is_loop = is_loop,
                 .choice = choice,
                 .is_live = outer == NULL || outer->is_live,
                 .variant = outer != NULL ? outer->variant : variant};
    turn.is_outer_live = turn.is_live;
    if (!is_loop) {
        guint total = g_array_index(branches->choices, Choice, choice).total;
        turn.left = MIN(turn.variant, total - 1);
        take_branch(branches, &turn);
    }
    g_array_append_val(stack, turn);
}

void
branches_mark(const Branches *branches, const TokenList *list, guint variant, GByteArray *live)
{
    g_byte_array_set_size(live, list->tokens->len);
    memset(live->data, true, live->len);
    if (branches == NULL || branches->choices->len == 0)
        return;
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(Turn));
    guint choice = 0;
    for (guint i = 0; i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        Tag tag = may_choose(token) ? tag_of(list->text, token) : TAG_OTHER;
        Turn *turn = stack->len > 0 ? &g_array_index(stack, Turn, stack->len - 1) : NULL;
        if (tag == TAG_IF) {
            push_turn(branches, stack, false, choice++, variant);
        } else if (tag == TAG_FOR) {
            push_turn(branches, stack, true, 0, variant);
        } else if ((tag == TAG_ELSE || tag == TAG_ELIF) && !turn->is_loop) {
            turn->branch++;
            take_branch(branches, turn);
        } else if (tag == TAG_ENDIF || tag == TAG_ENDFOR || tag == TAG_END) {
            g_array_set_size(stack, stack->len - 1);
        }
        turn = stack->len > 0 ? &g_array_index(stack, Turn, stack->len - 1) : NULL;
        live->data[i] = turn == NULL || turn->is_live || may_choose(token);
    }
}
