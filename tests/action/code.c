/* code.c - consumers' repositories of a rig, made and looked at by the program git. */
#include "rig.h"

#include "../git.h"

#include <glib/gstdio.h>

static char *
folder_of(const Rig *rig, int n)
{
    g_autofree char *name = g_strdup_printf("reader-%d", n);
    return g_build_filename(rig->folder, "repos", name, NULL);
}

char *
rig_git(const Rig *rig, int n, const char *first, ...)
{
    g_autofree char *folder = folder_of(rig, n);
    va_list more;
    va_start(more, first);
    char *said = git_as_ada(folder, first, more);
    va_end(more);
    return said;
}

void
rig_code_write(const Rig *rig, int n, const char *path, const char *text)
{
    g_autofree char *folder = folder_of(rig, n);
    g_autofree char *full = g_build_filename(folder, path, NULL);
    g_assert_true(g_file_set_contents(full, text, -1, NULL));
    g_free(rig_git(rig, n, "add", "-A", NULL));
    g_free(rig_git(rig, n, "commit", "-q", "-m", "Write", NULL));
}

/* What is over there is a bare repository, which the people's own is pushed to. */
static char *
hosted(const Rig *rig, int n)
{
    return g_strdup_printf("%s/host/readers/reader-%d.git", rig->folder, n);
}

void
rig_code_make(const Rig *rig, const RigCase *kase)
{
    for (int n = 0; n < RIG_REPOSITORIES; n++) {
        g_autofree char *folder = folder_of(rig, n);
        g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
        g_free(rig_git(rig, n, "init", "-q", "-b", "main", NULL));
        rig_code_write(rig, n, "report.sql", kase->code);
        g_autofree char *there = hosted(rig, n);
        if (kase->is_hosted)
            g_free(rig_git(rig, n, "clone", "-q", "--bare", ".", there, NULL));
    }
}

/* Branches by what they hold: when a commit was made is nobody's business. */
void
rig_code_digest(const Rig *rig, GChecksum *sum)
{
    for (int n = 0; n < RIG_REPOSITORIES; n++) {
        g_autofree char *folder = folder_of(rig, n);
        if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
            continue;
        g_autofree char *refs =
            rig_git(rig, n, "for-each-ref", "--format=%(refname) %(tree) %(subject)", NULL);
        g_autofree char *there = hosted(rig, n);
        g_checksum_update(sum, (const guchar *) refs, -1);
        if (!g_file_test(there, G_FILE_TEST_IS_DIR))
            continue;
        g_autofree char *over_there = rig_git(rig, n, "--git-dir", there, "for-each-ref",
                                              "--format=%(refname) %(tree) %(subject)", NULL);
        g_checksum_update(sum, (const guchar *) over_there, -1);
    }
}

json_t *
rig_code_consumers(const RigCase *kase)
{
    json_t *consumers = json_array();
    for (int n = 0; n < RIG_REPOSITORIES; n++)
        json_array_append_new(
            consumers,
            json_pack("{s:o, s:s, s:s, s:b, s:o, s:s}", "ref",
                      json_sprintf("component:default/reader-%d", n), "owner",
                      "group:default/readers", "access", "reads", "direct", 1, "repository",
                      json_sprintf("%s:reader-%d", kase->is_hosted ? "hosted" : "code", n),
                      "deploy", kase->is_hosted ? "branch" : "merge"));
    return consumers;
}
