/*
 * marks_code.c - how code says that a check or a failure is to be silent, and how it reaches for what lies outside of it.
 *
 * Each list is a choice of patterns, matched line by line. Not what there is counts, but what there is more of than before: a
 * move from one dataset to another needs none of it.
 */
#include "gate/inside.h"

#define SHELL " sh bash zsh ksh yml yaml  " /* and what has no ending */

/* Comments that tell a tool to be silent. */
const char *const marks_silent_words[] = {
    "#\\s*(?:\\w+:\\s*)?(?:noqa|nosec|nosemgrep|nosem|NOSONAR)\\b|//"
    "\\s*(?:#nosec|NOSONAR|NOPMD|nosem\\w*)",
    "#\\s*(?:type|mypy|pyright|pytype|ruff|isort|yapf|pylint|fmt|sqlfluff|credo|shellcheck|rubocop|"
    "standard|"
    "pragma|coverage|black)\\s*:?\\s*(?:ignore\\w*|disable\\w*|off|skip\\w*|no\\s*cover|basic|"
    "todo)",
    "(?://|/\\*)\\s*(?:eslint-disable|@ts-(?:ignore|nocheck|expect-error)|nolint|tslint:disable|"
    "(?:istanbul|c8|v8)\\s+ignore|prettier-ignore|biome-ignore|deno-lint-ignore|NOLINT|scalastyle:"
    "off|"
    "scalafmt:\\s*off|scalafix:\\s*ok|CHECKSTYLE:OFF|CSOFF|noinspection|lint:ignore|swiftlint:"
    "disable|"
    "ktlint-disable|phpcs:(?:ignore|disable)|clang-format\\s+off|stylelint-disable|jshint\\s+"
    "ignore|codeql|lgtm|"
    "@formatter:off|ReSharper\\s+disable|coverage:ignore)",
    "\\bdoctest:\\s*\\+|@(?:phpstan-ignore|psalm-suppress|codeCoverageIgnore|noinspection)|--\\s*(?"
    ":noqa|sqlfluff:"
    "off)",
    "//\\s*(?:go:build|\\+build)|/\\*\\s*sqlfluff:|\\{#\\s*noqa",
    NULL,
};

/* Code that makes a check or a failure silent. */
static const char *const silent_anywhere[] = {
    "@Suppress\\w*|@file:Suppress|\\[\\w*:?\\s*SuppressMessage|@nowarn|@SneakyThrows|#!?\\[(?:"
    "allow|expect)\\(",
    "#pragma\\s+(?:warning\\s+disable|GCC\\s+diagnostic\\s+ignored|clang\\s+diagnostic\\s+ignored)|"
    "#nullable\\s+"
    "disable",
    "\\|\\|\\s*(?:true|:|exit\\s+0|return\\b|echo\\b|printf\\b)|\\bset\\s+\\+e\\b|;\\s*true\\s*$|--"
    "no-verify\\b|continue-"
    "on-error",
    "^\\s*except[^:\\n]*:\\s*(?:pass|continue|\\.\\.\\.|return(?:\\s+None)?|\\w+\\s*=\\s*(?:None|"
    "\\[\\]|\\{\\}))\\s*$",
    "^\\s*except(?:\\s+(?:Base)?Exception)?\\s*:\\s*$|\\bsuppress\\w*\\s*\\(|\\brescue\\s+nil\\b|"
    "\\bon\\s+error\\s+resume\\b",
    "\\bcatch\\s*(?:\\([^)]*\\))?\\s*\\{\\s*(?:return(?:\\s+\\w+)?;?\\s*)?\\}|\\bcatch\\s*\\{\\s*"
    "case\\s+_",
    "\\.catch\\s*\\(\\s*(?:\\(\\s*\\w*\\s*\\)|\\w+)\\s*=>\\s*(?:\\{\\s*\\}|null|undefined|\\[\\]|"
    "\\w+)\\s*\\)",
    "^\\s*_\\s*(?:,\\s*_\\s*)*=\\s*|\\brecover\\s*\\(\\s*\\)|\\bTry\\b.*\\.getOrElse\\b|\\.ok\\s*"
    "\\(\\s*\\)\\s*;",
    "\\bwarnings\\.(?:filterwarnings|simplefilter)\\b|\\blogging\\.disable\\b|\\bno\\s+warnings\\b|"
    "\\berror_reporting\\s*\\(\\s*0",
    /* a handler that was not there: what failed loudly fails softly */
    "(?<![.\\w!])try\\s*[:{(]|^\\s*try\\s*$|\\bexcept\\b|\\bcatch\\b|\\bTry\\s*[({]|"
    "\\brunCatching\\b|\\btry\\?",
    "\\.(?:recover\\w*|handleError\\w*|onError\\w*|exceptionally)\\s*[({]|\\bexception\\s+when\\b|("
    "?i)\\bwhen\\s+others\\b",
    "^\\s*return\\s*(?:None|null|nil|undefined)?\\s*;?\\s*$|(?<![.\\w])retry\\w*\\s*\\(|@retry\\w*|"
    "\\battempts\\s*=",
    "^\\s*[A-Z]\\w*\\.\\w+\\s*=\\s*lambda\\b|\\bsys\\.modules\\s*\\[|\\batexit\\.|\\bsetattr\\s*\\("
    "|\\.prototype\\.\\w+\\s*=[^=]",
    "\\btryCatch\\b|\\bwithCallingHandlers\\b|[\"']\\s*%%capture\\b",
    "(?i)\\.(?:ignore\\w*filters?|bypass\\w*|unscoped?|without_?(?:global|scope|check|valid)\\w*|"
    "with_?(?:trashed|deleted)\\w*)\\b",
    /* it never holds, or always */
    "(?:\\band|&&)\\s*\\(?\\s*(?:not\\s+True|!\\s*true|False|false|0)\\b|(?:\\bor|\\|\\|)\\s*\\(?"
    "\\s*(?:True|true|1)\\b",
    /* tests that are not run, or write what they expect; an end that says all is well */
    "-DskipTests\\b|-DskipITs\\b|\\bmaven\\.test\\.(?:skip|failure\\.ignore)|\\s-x\\s+(?:\\w*[tT]"
    "est|check)\\b|--passWithNoTests\\b",
    "--(?:updateSnapshot|snapshot-update|update-snapshots?|accept|bless|inline-snapshot)\\b|\\b(?:"
    "jest|vitest)\\b.*\\s-u\\b",
    "--(?:deselect|ignore|ignore-glob|no-run|exclude(?:-task)?|skip-tests?|continue-on-collection-"
    "errors|exitfirst)\\b",
    "\\s-k\\s+[\"']?not\\b|\\bgo\\s+test\\b.*\\s-(?:run|skip)\\b|--(?:no-fail|exit-zero|soft-fail|"
    "fail-never|force-exclude)\\b",
    "\\b_?[eE]xit\\s*\\(\\s*0?\\s*\\)|\\bNDEBUG\\b|\\bcontinue_on_\\w+|\\bsoft_fail\\b|\\btrigger_"
    "rule\\b|\\bmostly\\s*=|\\bfail_calc\\b",
    "\\b(?:errors?|on_?error|on_?bad_lines|invalid_action)\\s*[=:]\\s*[\"'](?:ignore|coerce|skip|"
    "continue|replace|warn)|\\bignore_(?:errors|failures|missing)\\b",
    "(?i)\\bforeign_key_checks\\b|(?i)\\binsert\\s+(?:or\\s+)?ignore\\b|(?i)\\bdo\\s+nothing\\b|(?"
    "i)\\bnot\\s+valid\\b|(?i)\\bdisable\\b|"
    "(?i)\\bsession_replication_role\\b|(?i)\\benforced['\"]?\\s*[:=]\\s*false\\b",
    NULL,
};

static const char *const silent_shell[] = {
    "\\|\\s*(?:head|tail|cat|tee|true)\\b|\\balias\\s|(?:^|;)\\s*\\w+\\s*\\(\\)\\s*\\{|"
    "\\bfunction\\s+\\w+",
    "[12&]?>\\s*/dev/"
    "null|\\bset\\s+\\+[eou]|\\bset\\s+\\+o\\b|\\bexit\\s+0\\b|\\btrap\\s+['\"]?\\s*['\"]?",
    "\\bthen\\s*(?::|true)\\b|(?:^|[^&>|])&\\s*$|\\bgit\\s+commit\\b.*\\s-\\w*n|(?:^|[;&|]\\s*)!"
    "\\s",
    NULL};
/* A thing compared with itself. */
const char *const marks_self[] = {"(?<![\\w.)\\]])([a-zA-Z_][\\w.]*)\\s*(?:<>|!=|<|>|==)\\s*\\g{-1}"
                                  "(?![\\w.(\\[])|(?i)\\b(?:where|and|or|"
                                  "on|having)\\s+([\\w.]+)\\s*=\\s*\\g{-1}(?![\\w.(\\[])",
                                  NULL};

/* What is taken where there is nothing: no rows at all, or a text of one's own. */
const char *const marks_defaults[] = {
    "(?<![\\w\\])>}])\\[\\s*\\](?!\\w)|(?:\\?\\?|\\|\\||\\bor)\\s*\\{\\s*\\}|\\[\\]\\w+\\{\\s*\\}|"
    "\\bvec!\\[\\s*\\]",
    "\\b(?:List|Set|Map|Seq|Array|Vector|Stream)\\.?(?:of|empty)?\\s*\\(\\s*\\)|\\b(?:Nil|None\\."
    "toSeq)\\b|\\b(?:Collections|Stream|Seq|List|"
    "Map|Array|Enumerable)\\.[eE]mpty\\w*|\\bempty(?:List|Map|Set|Array|Seq)\\w*",
    "\\.(?:get|setdefault|pop|opt\\w*|getOrDefault|dig)\\s*\\(\\s*[\"'][^\"'\\n]*[\"']\\s*,|"
    "\\bgetattr\\s*\\(|\\.fetch\\s*\\(\\s*[\"':][^,()"
    "\\n]*,|\\bor_?[eE]lse(?!Throw)\\w*|(?i)\\blike\\s+'%+'",
    "(?:\\?|\\?\\?|\\|\\||\\bor|(?i)\\belse)\\s*[\"']\\w{3,}[\"']",
    "(?i)\\b(?:left|right|substr\\w*)\\s*\\([^()]*,\\s*0\\s*\\)|\\.collect\\s*\\{\\s*case\\b",
    "\\bflat_?[mM]ap\\w*\\s*\\([^\\n]*\\b(?:Option|Some|Optional|ofNullable)\\b|\\blit\\s*\\(\\s*(?"
    ":None|null)\\b",
    "(?:\\b_\\s*=>|\\belse\\s*->|\\bdefault\\s*(?:->|:|=>)(?:\\s*return)?|\\botherwise\\s*\\()"
    "\\s*(?:\"\"|''|null\\b|None\\b)",
    NULL};

/* What joins commands; a filter that takes a line apart is a converter. */
const char *const marks_joints[] = {
    ";(?!;|\\s*(?:then|do)\\b)|\\|(?!\\s*(?:cut|awk|sed|tr|jq|sort)"
    "\\b)|&|<<|>|\\b(?:local|export|declare|readonly)\\s+\\w+=[\"']?\\$\\(|(?:^|\\s):(?:\\s|;|$)",
    NULL};
/* What is begun beside: nobody waits for it, or hears of its failure. */
const char *const marks_beside[] = {
    "\\bcreate_task\\s*\\(|\\bensure_future\\s*\\(|\\bThread\\s*\\(|\\bset(?:Timeout|Immediate)\\s*"
    "\\(|"
    "\\bqueueMicrotask\\s*\\(|\\bTask\\.(?:Run|Factory|detached)\\b",
    "\\bspawn\\w*\\s*[({]|\\b(?:run|supply)Async\\s*\\(|\\bFuture\\s*[{(]|\\b(?:GlobalScope|launch)"
    "\\b\\s*[.{(]|"
    "\\bDispatchQueue\\.\\w+",
    "^\\s*go\\s+[\\w.]+\\s*\\(", NULL};
/* What writes rows into a log, or onto a screen. */
const char *const marks_told[] = {
    "\\bconsole\\.\\w+\\s*\\(|(?<![.\\w])print(?:ln|f)?!?\\s*\\(|\\bSystem\\.out\\b|\\bfmt\\.F?[Pp]"
    "rint\\w*|"
    "\\blog(?:ger|ging)?\\.\\w+\\s*\\(|\\be?println!|\\bdbg!|\\bConsole\\.Write\\w*",
    NULL};
static const char *const silent_sql[] = {
    "(?i)\\bseverity\\s*[:=]\\s*['\"]?warn|\\b(?:warn|error)_if\\b", NULL};
static const char *const silent_ruby[] = {"\\brescue\\b|\\bsuppress\\b", NULL};
static const char *const silent_php[] = {"@\\$?\\w[\\w:>-]*\\s*\\(", NULL};
static const char *const silent_typescript[] = {
    "\\bas\\s+(?:any|unknown|never)\\b|:\\s*any\\b|<any>", NULL};
static const char *const silent_rust[] = {"\\blet\\s+Ok\\s*\\(|\\b_\\s*=\\s", NULL};

const MarksOf marks_silent_code[] = {
    {NULL, silent_anywhere}, {SHELL, silent_shell}, {" sql ", silent_sql},
    {" rb ", silent_ruby},   {" php ", silent_php}, {" ts tsx ", silent_typescript},
    {" rs ", silent_rust},   {NULL, NULL},
};

/* A failure that was handed on, and one that is dropped: fewer of the first and more of the second is a trade. */
static const char *const heard_go[] = {"\\berr\\b", NULL};
static const char *const dropped_go[] = {"\\b_\\s*:?=", NULL};
static const char *const heard_rust[] = {
    "\\?(?=[;.,)\\s])|\\.unwrap\\s*\\(\\s*\\)|\\.expect\\s*\\(", NULL};
static const char *const dropped_rust[] = {
    "\\bunwrap_or\\w*|\\.ok\\s*\\(\\s*\\)|\\bflatten\\b|\\bfilter_map\\b|\\bflat_map\\b", NULL};
static const char *const heard_throw[] = {"\\b(?:raise|throw|throws|panic!?|abort|die)\\b", NULL};
static const char *const dropped_throw[] = {
    "^[^\\n]*(?:\\bpass\\b|\\blog\\w*\\s*\\(|\\blogg\\w*\\.|\\bconsole\\.\\w+|\\bprint\\w*\\s*[( "
    "]|\\bwarn\\w*\\s*\\()",
    NULL};

static const char *const heard_shell[] = {"&&|\\bset\\s+-\\w*e|\\bpipefail\\b", NULL};
static const char *const dropped_shell[] = {";|\\|\\|", NULL};

static const char *const heard_set[] = {
    "\\|\\|\\s*(?:exit|return)\\s+[1-9]|\\bdbt\\s+(?:build|test)\\b|\\b(?:mvn|gradle|npm|go|cargo|"
    "make)\\b.*\\b(?:test|verify|check)\\b|\\bpytest\\b|"
    "\\bset\\s+-\\w*e|\\bpipefail\\b|\\berrexit\\b",
    NULL};
static const char *const heard_assert[] = {"\\bassert\\b", NULL};
/* A switch that is turned. */
static const char *const heard_true[] = {"(?i)\\btrue\\b", NULL};
static const char *const dropped_true[] = {"(?i)\\bfalse\\b", NULL};

static const char *const heard_loud[] = {"\\.(?:error|critical|fatal|exception)\\s*\\(", NULL};
static const char *const dropped_quiet[] = {"\\.(?:debug|info|trace|verbose)\\s*\\(", NULL};

/* What was looked at is only said to be of a type. */
static const char *const heard_parse[] = {"(?i)\\b\\w*(?:parse|validate|decode|assert)\\w*\\s*\\(",
                                          NULL};
static const char *const dropped_claim[] = {"\\bas\\s+[A-Z]|<[A-Z]\\w*>\\s*[\\w(]", NULL};

/* All of them became one of them. */
static const char *const heard_all[] = {"\\b(?:all|every|forall|allMatch|all_of)\\b", NULL};
static const char *const dropped_any[] = {"\\b(?:any|some|exists|anyMatch|any_of)\\b", NULL};

const MarksTrade marks_trades[] = {
    {NULL, heard_all, dropped_any, true},
    {" go ", heard_go, dropped_go},
    {" ts tsx kt kts swift cs ", heard_parse, dropped_claim},
    {" rs ", heard_rust, dropped_rust},
    {SHELL, heard_shell, dropped_shell},
    {SHELL, heard_set, NULL},
    {" py rb php c h cc cpp ", heard_assert, NULL, true},
    {NULL, heard_loud, dropped_quiet},
    {NULL, heard_true, dropped_true},
    {NULL, dropped_true, heard_true},
    {NULL, heard_throw, dropped_throw},
    {NULL, NULL, NULL},
};

/* A value that a query is given, and one that is written into its text: whoever names it writes the query. */
const char *const marks_given[] = {
    "(?:[=<>]|(?i)\\blike\\b|\\bin\\s*\\()\\s*(?:\\?|:\\w|%s|\\$\\d|@\\w)|#\\{", NULL};
const char *const marks_pasted[] = {
    "[=<>(]\\s*'?[\"'`]\\s*(?:\\+|\\|\\||\\.(?=\\s*\\$))|\\$\\{\\w|'\\{\\w|=\\s*\\{\\w|'%[sd]'|"
    "\\.format\\s*\\(|\\bsprintf\\b",
    NULL};

/* Nothing of this is needed to read one dataset instead of another. */
static const char *const reaches_anywhere[] = {
    "\\bos\\.(?:system|popen|exec\\w*|spawn\\w*|remove|unlink|environ|getenv)\\b|\\bsubprocess\\b|"
    "\\bpty\\.spawn\\b",
    "\\bshutil\\.(?:rmtree|move)\\b|\\b__import__\\s*\\(|\\bimportlib\\b|\\bpickle\\.loads?\\b|"
    "\\bctypes\\b",
    "(?<![.\\w>])(?:eval|exec)\\s*\\(|\\bnew\\s+Function\\s*\\(|\\bchild_process\\b|\\bexecSync\\b|"
    "\\bspawnSync\\b",
    "\\bprocess\\.env\\b|\\bSystem\\.getenv\\b|\\bos\\.Getenv\\b|\\bstd::env::\\w+|\\bENV\\s*\\[|"
    "\\bgetenv\\s*\\(",
    "\\bRuntime\\.getRuntime\\b|\\bProcessBuilder\\b|\\bexec\\.Command\\b|\\bCommand::new\\b|"
    "\\bsys\\.process\\b",
    "\\brequests\\.(?:get|post|put|request|Session)\\b|\\burllib\\b|\\burlopen\\b|\\bhttp\\."
    "client\\b|\\baiohttp\\b",
    "\\bhttpx\\b|\\bsocket\\.\\w+|\\bfetch\\s*\\(\\s*[\"'`]|\\baxios\\b|\\bXMLHttpRequest\\b|"
    "\\bHttpClient\\b",
    "\\bhttp\\.(?:Get|Post|NewRequest)\\b|\\bnet\\.Dial\\b|\\bnew\\s+URL\\s*\\(|\\bOkHttp\\w*|"
    "\\breqwest\\b|\\bNet::HTTP\\b",
    "(?<![\\w./-])(?:curl|wget|nc|ncat|ssh|scp)\\s+[-\\w\"'$]|/dev/tcp/"
    "|\\brm\\s+-[rRf]+\\b|\\bchmod\\s+[+0-7]",
    "\\bbase64\\.(?:b64decode|decode\\w*)\\b|\\batob\\s*\\(|\\bBase64\\.getDecoder\\b|"
    "\\bfromCharCode\\b",
    "(?i)\\b(?:drop|truncate)\\s+(?:table|view|schema|database)\\b|(?i)\\b(?:grant|revoke)\\s+\\w+."
    "*\\b(?:to|from)\\b",
    "(?i)\\balter\\s+(?:table|user|role|system)\\b|(?i)\\bcopy\\s+.*\\bprogram\\b|\\bxp_"
    "cmdshell\\b|\\bload_extension\\b",
    /* programs */
    "(?<![.\\w>$])(?:system|shell_exec|passthru|proc_open|popen|qx|execv\\w*|execl\\w*|fork|posix_"
    "spawn\\w*)\\s*\\(|\\bqx[({/]",
    "\\bProcess\\.(?:[Ss]tart|spawn)\\b|\\bProcessStartInfo\\b|\\bOpen3\\b|\\bKernel\\.\\w+|"
    "\\bsyscall\\.\\w+|\\bos\\.StartProcess\\b",
    "[\"')]\\s*\\.!{1,2}(?![=\\w])|\\b(?:Bash|SSH|Docker|KubernetesPod|SimpleHttp|Email)"
    "Operator\\b|\\bparamiko\\b|\\bpexpect\\b",
    /* code that is found or made at run time */
    "\\bgetattr\\s*\\(\\s*(?:os|sys|builtins|__builtins__)\\b|__(?:builtins|class|subclasses|"
    "globals|mro|code)__|\\bglobals\\s*\\(\\)",
    "\\bClass\\.forName\\b|\\bget(?:Declared)?Methods?\\s*\\(|\\bsetAccessible\\b|\\bAssembly\\."
    "Load\\w*|\\bActivator\\.\\w+",
    "\\brequire\\s*\\(\\s*(?:[^\"'`\\s)]|[\"'][^\"'\\n]*[\"']\\s*\\+)|\\b(?:await|=)\\s*import\\s*"
    "\\(|\\bunsafe\\s*\\{|\\btransmute\\b",
    "\\byaml\\.(?:unsafe_|full_)?load\\s*\\(|\\bmarshal\\.loads?\\b|\\bMarshal\\.load\\b|"
    "\\bunserialize\\s*\\(|\\bObjectInputStream\\b",
    /* the network */
    "\\b(?:smtplib|ftplib|telnetlib|xmlrpc|websockets?|pycurl|httplib2?|urllib[23]?)\\.|"
    "\\bWebSocket\\b|\\bEventSource\\b|\\bsendBeacon\\b",
    "\\bhttps?\\.(?:request|get|Client|DefaultClient|Head|PostForm)\\b|(?<![.\\w])fetch\\s*\\(|\\."
    "openStream\\s*\\(|\\bopenConnection\\s*\\(",
    "\\b(?:Http)?URLConnection\\b|\\bWebClient\\b|\\bHttpWebRequest\\b|\\b(?:Tcp|Udp)(?:Client|"
    "Stream|Socket|Listener)\\b|\\bServerSocket\\b",
    "\\bcurl_(?:exec|init)\\b|\\bfsockopen\\b|\\bstream_socket\\w*|\\bfile_get_contents\\s*\\(\\s*["
    "\"'](?:https?|php|ftp)|\\bdownload\\.file\\b",
    "\\bhttr2?::|\\bRestClient\\b|\\bFaraday\\b|\\bURI\\.open\\b|\\bsttp\\b|\\bhttp4s\\b|"
    "\\bktor\\b|\\bgot\\s*\\(\\s*[\"'`]http",
    /* what a notebook runs beside its language */
    "\"\\s*!\\w|\"\\s*%%?(?:bash|sh|script|system|sx|writefile|pip|conda|run|load)\\b|\\bget_"
    "ipython\\b",
    /* what people send each other, as code of a page */
    "\\bdangerouslySetInnerHTML\\b|\\.(?:inner|outer)HTML\\b|\\binsertAdjacentHTML\\b|\\bv-html\\b|"
    "\\bbypassSecurity\\w+|"
    "\\bhtml_safe\\b|\\bmark_safe\\b|\\|\\s*safe\\b|\\{!!|\\{\\{\\{|\\bHtml\\.Raw\\b|\\btemplate\\."
    "(?:HTML|JS)\\b",
    /* the environment */
    "\\benv_var\\s*\\(|\\bSystem\\.getProperty\\b|\\bsys\\.env\\b|\\bSys\\.getenv\\b|"
    "\\bEnvironment\\.Get\\w+|\\bos\\.LookupEnv\\b|\\$_(?:ENV|SERVER)\\b",
    /* files */
    "\\bopen\\s*\\([^)\\n]*,\\s*(?:mode\\s*=\\s*)?[\"'][rb]*[wax+]|\\bopen\\s*\\(\\s*[\"'][|>]|\\.("
    "?:write_text|write_bytes|unlink|rmdir|rmtree)\\s*\\(",
    "\\bFiles\\.(?:write\\w*|delete\\w*|move|copy|new\\w+)\\b|\\bFile(?:Writer|OutputStream)\\b|"
    "\\bfs\\.(?:write|unlink|rm|append|create|rename|cp|promises)\\w*",
    "\\bFile\\.(?:[Ww]rite\\w*|[Dd]elete|Append\\w*|open|unlink)\\b|\\bos\\.(?:Remove\\w*|"
    "WriteFile|Create|OpenFile|Rename|Chmod)\\b|\\bioutil\\.Write\\w+",
    "\\bfs::(?:remove\\w*|write|rename|copy)\\b|\\bFile::create\\b|\\bfile_put_contents\\b|"
    "\\bunlink\\s*\\(|\\bwriteLines\\b|\\bfile\\.remove\\b",
    /* statements that change rows, or reach out of the database; what a template does while it is read */
    "(?i)\\b(?:delete\\s+from|insert\\s+(?:into|overwrite)|merge\\s+into|update\\s+[\\w.`\"\\[\\]]+"
    "\\s+set)\\b",
    "(?i)\\battach\\s+(?:database\\s+)?'|(?i)\\binto\\s+(?:outfile|dumpfile)\\b",
    "(?i)\\bpg_(?:read|ls|write|sleep|terminate)\\w*\\s*\\(|(?i)\\blo_(?:im|ex)port\\s*\\(|(?i)"
    "\\bdblink\\w*\\s*\\(|(?i)\\bload_file\\s*\\(",
    "(?i)\\bexport\\s+data\\b|(?i)\\bexecute\\s+immediate\\b|(?i)\\b(?:external_query|openrowset|"
    "opendatasource)\\s*\\(|(?i)\\butl_(?:http|file|smtp)\\b",
    "(?i)\\bcreate\\s+(?:or\\s+replace\\s+)?(?:temp\\w*\\s+)?(?:function|procedure|trigger|user|"
    "role|extension|external|server|event)\\b",
    "\\{%-?\\s*(?:do|call|set)\\b|\\brun_query\\s*\\(|\\bstatement\\s*\\(|\\b(?:pre|post)[-_]"
    "hook\\b|\\bon-run-(?:start|end)\\b",
    NULL,
};

/* All rows of a table, where some were meant. */
static const char *const reaches_all_rows[] = {
    "(?i)\\bdelete\\s+from\\s+[\\w.`\"\\[\\]{}() ]+?\\s*(?:;|[\"']|$)", NULL};

static const char *const reaches_shell[] = {
    "\\|\\s*(?:sudo\\s+)?(?:sh|bash|zsh|dash|python\\d?|perl|ruby|node|php)\\b|(?:^|[;&|({]\\s*|"
    "\\bthen\\s+)(?:eval|source|\\.)\\s",
    ">>?\\s*[\"']?(?:~|\\$\\{?HOME|/etc|/usr|/"
    "root|\\.git)|\\b(?:python\\d?|perl|ruby|node|php)\\s+-(?:c|e|r)\\b|\\b(?:sh|bash)\\s+-c\\b",
    "(?:^|[;&|({]\\s*|\\bthen\\s+)(?:sudo|crontab|nohup|docker|kubectl|ssh|scp|rsync|telnet|mail|"
    "dd|mkfifo|exec)\\b|\\bgit\\s+(?:push|config|remote)\\b",
    "\\$\\(\\s*(?:curl|wget|base64|cat\\s+/"
    ")|\\bbase64\\s+-d|\\bexport\\s+(?:PATH|LD_\\w+|PYTHONPATH|NODE_OPTIONS|BASH_ENV)\\b",
    NULL};
static const char *const reaches_backticks[] = {"`[^`\\n]+`|%x[({\\[]", NULL};

const MarksOf marks_reaches[] = {
    {NULL, reaches_anywhere},
    {NULL, reaches_all_rows},
    {SHELL, reaches_shell},
    {" rb pl sh bash ", reaches_backticks},
    {NULL, NULL},
};
