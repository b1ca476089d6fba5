/* config_models.c - `models` below `coding` of honk.yaml: language models, where they are asked, and what they cost. */
#include "base/text.h"
#include "model/config_reader.h"
#include "model/entity.h"

#include <string.h>

#define OUTPUT_TOKENS_DEFAULT 16384 /* a file of a thousand lines */
#define MONEY_DIGITS 6              /* after the point */
#define MONEY_MAX 1000000           /* US dollars */

static const char *const apis[API_COUNT + 1] = {
    [API_ANTHROPIC] = "anthropic", [API_CHAT] = "chat", [API_RESPONSES] = "responses"};

static const char *const usual_urls[API_COUNT] = {
    [API_ANTHROPIC] = "https://api.anthropic.com/v1",
    [API_CHAT] = "https://api.openai.com/v1",
    [API_RESPONSES] = "https://api.openai.com/v1",
};

const char *
model_api_name(ModelApi api)
{
    return apis[api];
}

void
model_config_free(void *data)
{
    ModelConfig *model = data;
    g_free(model->id);
    g_free(model->name);
    g_free(model->url);
    g_free(model->key_env);
    g_free(model->key_file);
    g_free(model->effort);
    g_free(model);
}

/* ---- money ---- */

/* "3", "0.30": no float, so that sums are exact. */
static bool
parse_money(const char *text, int64_t *ret)
{
    int64_t millionths = 0;
    int digits = 0, after = -1;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '.' && after < 0 && digits > 0) {
            after = 0;
            continue;
        }
        if (!g_ascii_isdigit(*at) || after == MONEY_DIGITS ||
            millionths > (int64_t) MONEY_MAX * 1000000)
            return false;
        millionths = millionths * 10 + (*at - '0');
        digits++;
        after += after >= 0;
    }
    for (int i = MAX(after, 0); i < MONEY_DIGITS; i++)
        millionths *= 10;
    *ret = millionths;
    return digits > 0 && after != 0 && millionths <= (int64_t) MONEY_MAX * 1000000;
}

void
read_money(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    const char *expected = "US dollars from 0 to 1000000, such as 2.50";
    g_autofree char *text = reader_text(reader, field->key, value, expected);
    int64_t money = 0;
    if (text == NULL)
        return;
    if (parse_money(text, &money))
        *(int64_t *) target = money;
    else
        reader_wrong_type(reader, field->key, value, expected);
}

/* ---- models ---- */

static const Field price_fields[] = {
    {"input", read_money, PRICE_INPUT * sizeof(int64_t)},
    {"cached", read_money, PRICE_CACHED * sizeof(int64_t)},
    {"cache_write", read_money, PRICE_CACHE_WRITE * sizeof(int64_t)},
    {"output", read_money, PRICE_OUTPUT * sizeof(int64_t)},
    {NULL},
};

/* What is not said costs what input costs: never too little. */
static void
read_prices(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    int64_t *prices = target;
    reader_fields(reader, field->key, value, price_fields, prices);
    if (value->kind != YAML_MAP)
        return;
    if (prices[PRICE_INPUT] == 0 || prices[PRICE_OUTPUT] == 0)
        reader_error(reader, "missing-key", value,
                     "'prices' need 'input' and 'output', in US dollars for a million tokens");
    for (int i = PRICE_CACHED; i <= PRICE_CACHE_WRITE; i++)
        if (yaml_get(value, price_fields[i].key) == NULL)
            prices[i] = prices[PRICE_INPUT];
}

static void
read_api(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    unsigned api;
    if (reader_choice(reader, field, value, apis, &api))
        *(ModelApi *) target = (ModelApi) api;
}

/* clang-format off */
static const Field model_fields[] = {
    {"api",           read_api,         offsetof(ModelConfig, api)},
    {"name",          read_name,        offsetof(ModelConfig, name)},
    {"url",           read_api_address, offsetof(ModelConfig, url)},
    {"key_env",       read_name,        offsetof(ModelConfig, key_env)},
    {"key_file",      read_path,        offsetof(ModelConfig, key_file)},
    {"effort",        read_name,        offsetof(ModelConfig, effort)},
    {"output_tokens", read_count,       offsetof(ModelConfig, output_tokens), 256, 1024 * 1024},
    {"prices",        read_prices,      offsetof(ModelConfig, prices)},
    {NULL},
};
/* clang-format on */

static void
check_model(Reader *reader, const YamlNode *key, const YamlNode *value, ModelConfig *model)
{
    static const char *const needed[] = {"api", "name"};
    for (size_t i = 0; value->kind == YAML_MAP && i < G_N_ELEMENTS(needed); i++)
        if (yaml_get(value, needed[i]) == NULL)
            reader_error(reader, "missing-key", key, "model '%s' has no '%s'", key->text,
                         needed[i]);
    if (model->url == NULL)
        model->url = g_strdup(usual_urls[model->api]);
    if (model->effort != NULL && model->api == API_ANTHROPIC)
        reader_error(reader, "contradiction", yaml_get(value, "effort"),
                     "'effort' is of apis chat and responses");
}

static void
read_model(Reader *reader, const YamlNode *key, const YamlNode *value)
{
    if (!entity_name_is_valid(key->text)) {
        reader_error(reader, "model-name", key,
                     "'%s' cannot name a model: expected letters, digits, '-', '_' and '.'",
                     key->text);
        return;
    }
    ModelConfig *model = g_new0(ModelConfig, 1);
    *model = (ModelConfig){.id = g_strdup(key->text), .output_tokens = OUTPUT_TOKENS_DEFAULT};
    g_ptr_array_add(reader->config->coding.models, model);
    reader_fields(reader, key->text, value, model_fields, model);
    check_model(reader, key, value, model);
}

void
read_models(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    (void) target;
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a map of names to models");
        return;
    }
    for (size_t i = 0; i < value->count; i++)
        read_model(reader, value->items[2 * i], value->items[2 * i + 1]);
}
