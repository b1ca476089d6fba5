/* paths.c - files that are nobody's but people's, and files of tests, told by their names. */
#include "gate/gate.h"

#include <string.h>

typedef struct {
    const char *code;
    const char *pattern; /* of GLib: `*` and `?`, `*` also over `/` */
} Rule;

/* Against the path with a `/` before it. What builds, checks, ships, or tells agents what to do. */
static const Rule rules[] = {
    {"ci-file", "*/.github/*"},
    {"ci-file", "*/.gitlab-ci*"},
    {"ci-file", "*/.gitlab/*"},
    {"ci-file", "*/.circleci/*"},
    {"ci-file", "*/.buildkite/*"},
    {"ci-file", "*/.woodpecker*"},
    {"ci-file", "*/.drone.yml"},
    {"ci-file", "*/.travis.yml"},
    {"ci-file", "*/.ci/*"},
    {"ci-file", "*/.gitea/*"},
    {"ci-file", "*/.forgejo/*"},
    {"ci-file", "*/azure-pipelines*"},
    {"ci-file", "*/bitbucket-pipelines.yml"},
    {"ci-file", "*/Jenkinsfile*"},
    {"ci-file", "*/cloudbuild*.y*ml"},
    {"ci-file", "*/.pre-commit-config.yaml"},
    {"ci-file", "*/.pre-commit-hooks.yaml"},
    {"ci-file", "*/.husky/*"},
    {"ci-file", "*/CODEOWNERS"},
    {"lock-file", "*.lock"},
    {"lock-file", "*/package-lock.json"},
    {"lock-file", "*/npm-shrinkwrap.json"},
    {"lock-file", "*/pnpm-lock.yaml"},
    {"lock-file", "*/go.sum"},
    {"lock-file", "*/package-lock.yml"},
    {"lock-file", "*/gradle.lockfile"},
    {"lock-file", "*/packages.lock.json"},
    {"agent-file", "*/CLAUDE*.md"},
    {"agent-file", "*/AGENTS*.md"},
    {"agent-file", "*/AGENT.md"},
    {"agent-file", "*/GEMINI.md"},
    {"agent-file", "*/QWEN.md"},
    {"agent-file", "*/CRUSH.md"},
    {"agent-file", "*/WARP.md"},
    {"agent-file", "*/SKILL.md"},
    {"agent-file", "*/.claude/*"},
    {"agent-file", "*/.claude*.json"},
    {"agent-file", "*/.codex/*"},
    {"agent-file", "*/.cursor/*"},
    {"agent-file", "*/.cursorrules"},
    {"agent-file", "*/.cursorignore"},
    {"agent-file", "*/.windsurf*"},
    {"agent-file", "*/.clinerules*"},
    {"agent-file", "*/.roo*"},
    {"agent-file", "*/.kilocode*"},
    {"agent-file", "*/.gemini/*"},
    {"agent-file", "*/.qwen/*"},
    {"agent-file", "*/.goose*"},
    {"agent-file", "*/.opencode/*"},
    {"agent-file", "*/opencode.json*"},
    {"agent-file", "*/.aider*"},
    {"agent-file", "*/.continue/*"},
    {"agent-file", "*/.agents/*"},
    {"agent-file", "*/.junie/*"},
    {"agent-file", "*/.kiro/*"},
    {"agent-file", "*/.amazonq/*"},
    {"agent-file", "*/.mcp.json"},
    {"agent-file", "*/mcp.json"},
    {"agent-file", "*/.vscode/*"},
    {"agent-file", "*/.idea/*"},
    {"agent-file", "*/.devcontainer/*"},
    {"agent-file", "*/.envrc"},
    {"agent-file", "/.honk.yaml"},
    {"agent-file", "*/.git/*"},
    {"agent-file", "*/.git"},
    {"agent-file", "*/.githooks/*"},
    {"build-file", "*/.gitattributes"},
    {"build-file", "*/.gitmodules"},
    {"build-file", "*/.gitignore"},
    {"build-file", "*/.gitconfig"},
    {"build-file", "*/pom.xml"},
    {"build-file", "*.gradle"},
    {"build-file", "*.gradle.kts"},
    {"build-file", "*/gradle.properties"},
    {"build-file", "*/gradlew*"},
    {"build-file", "*/mvnw*"},
    {"build-file", "*.sbt"},
    {"build-file", "*/project/build.properties"},
    {"build-file", "*/.scalafix.conf"},
    {"build-file", "*/.scalafmt.conf"},
    {"build-file", "*/package.json"},
    {"build-file", "*/tsconfig*.json"},
    {"build-file", "*/.eslint*"},
    {"build-file", "*/eslint.config.*"},
    {"build-file", "*/jest.config.*"},
    {"build-file", "*/vite*.config.*"},
    {"build-file", "*/.prettierrc*"},
    {"build-file", "*/.npmrc"},
    {"build-file", "*/pyproject.toml"},
    {"build-file", "*/setup.py"},
    {"build-file", "*/setup.cfg"},
    {"build-file", "*/tox.ini"},
    {"build-file", "*/pytest.ini"},
    {"build-file", "*/mypy.ini"},
    {"build-file", "*/.flake8"},
    {"build-file", "*/ruff.toml"},
    {"build-file", "*/conftest.py"},
    {"build-file", "*/noxfile.py"},
    {"build-file", "*/sitecustomize.py"},
    {"build-file", "*requirements*.txt"},
    {"build-file", "*/Pipfile"},
    {"build-file", "*/.sqlfluff*"},
    {"build-file", "*/dbt_project.yml"},
    {"build-file", "*/packages.yml"},
    {"build-file", "*/dependencies.yml"},
    {"build-file", "*/profiles.yml"},
    {"build-file", "*/go.mod"},
    {"build-file", "*/go.work"},
    {"build-file", "*/Cargo.toml"},
    {"build-file", "*/build.rs"},
    {"build-file", "*/rust-toolchain*"},
    {"build-file", "*/.cargo/*"},
    {"build-file", "*/Gemfile"},
    {"build-file", "*/Rakefile"},
    {"build-file", "*/composer.json"},
    {"build-file", "*.csproj"},
    {"build-file", "*/Directory.Build.*"},
    {"build-file", "*/Makefile"},
    {"build-file", "*/makefile"},
    {"build-file", "*/GNUmakefile"},
    {"build-file", "*/CMakeLists.txt"},
    {"build-file", "*/meson.build"},
    {"build-file", "*/BUILD"},
    {"build-file", "*/BUILD.bazel"},
    {"build-file", "*/WORKSPACE*"},
    {"build-file", "*/justfile"},
    {"build-file", "*/Taskfile.y*ml"},
    {"build-file", "*/Dockerfile*"},
    {"build-file", "*/docker-compose*"},
    {"build-file", "*/.editorconfig"},
    {"build-file", "*/.env"},
    {"build-file", "*/.env.*"},
    {"build-file", "*/.tool-versions"},
    {"build-file", "*/.python-version"},
    {"build-file", "*/.java-version"},
    {"expected-file", "*.snap"},
    {"expected-file", "*/__snapshots__/*"},
    {"expected-file", "*/snapshots/*.snap*"},
    {"expected-file", "*/golden/*"},
    {"expected-file", "*/goldens/*"},
    {"expected-file", "*.golden"},
    {"expected-file", "*.approved.*"},
    {"expected-file", "*/expected/*"},
    {"expected-file", "*/expected_*"},
    {"expected-file", "*.expected"},
    {"expected-file", "*.expected.*"},
};

static const char *const tests[] = {
    "*/tests/*",        "*/test/*",         "*/__tests__/*", "*/spec/*",     "*/testing/*",
    "*/test_*.py",      "*_test.py",        "*_test.go",     "*/tests.py",   "*Test.java",
    "*Tests.java",      "*Test.kt",         "*Test.scala",   "*Spec.scala",  "*Suite.scala",
    "*IT.java",         "*.test.js",        "*.test.jsx",    "*.test.ts",    "*.test.tsx",
    "*.spec.js",        "*.spec.ts",        "*.spec.tsx",    "*.test.mjs",   "*_spec.rb",
    "*_test.rb",        "*Test.php",        "*Tests.cs",     "*Test.cs",     "*_test.c",
    "*_test.cc",        "*_test.rs",        "*/testdata/*",  "*/test_*.sql", "*_test.sql",
    "*_unit_tests.yml", "*/singular/*.sql",
};

static char *
whole(const char *path)
{
    return g_strconcat("/", path, NULL);
}

const char *
gate_path_refused(const char *path)
{
    g_autofree char *full = whole(path);
    for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
        if (g_pattern_match_simple(rules[i].pattern, full))
            return rules[i].code;
    return NULL;
}

bool
gate_path_is_test(const char *path)
{
    g_autofree char *full = whole(path);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        if (g_pattern_match_simple(tests[i], full))
            return true;
    return false;
}
