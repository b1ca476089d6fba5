/*
 * marks.c - how tests, assertions, and what silences them are written, in the languages that people keep tests in. Each list
 * is a choice of patterns, matched line by line (`^` and `$` are those of a line).
 */
#include "gate/inside.h"

/* The name of a test is the first group. */
const char *const marks_names[] = {
    "^\\s*(?:async\\s+)?def\\s+(test\\w*)",
    "^\\s*func\\s+((?:Test|Benchmark|Fuzz|Example|test)\\w*)",
    "\\b(?:it|test|specify|scenario|describe|context)(?:\\.\\w+)*\\s*\\(\\s*[\"'`]([^\"'`\\n]+)",
    "@(?:Parameterized|Repeated)?Test\\b[^;{}]*?\\b(?:void|fun)\\s+(`[^`\\n]+`|\\w+)",
    "#\\[(?:\\w+::)?test[^\\]]*\\]\\s*(?:pub\\s+)?(?:async\\s+)?fn\\s+(\\w+)",
    "\\[(?:Fact|Theory|Test|TestCase|TestMethod|DataTestMethod)[^\\]]*\\][^;{}]*?\\b(\\w+)\\s*\\(",
    "\"([^\"\\n]+)\"\\s+(?:should|must|in|can)\\b",
    "\\b(?:it|they)\\s+(?:should|must)\\s+\"([^\"\\n]+)\"",
    "^\\s*(?:it|specify|scenario|describe|context|test|testset)\\s+[\"']([^\"'\\n]+)",
    "^\\s*(?:Scenario(?: Outline)?|Feature):\\s*(\\S[^\\n]*)",
    "^\\s*class\\s+(\\w*(?:Test|Spec|Suite)\\w*)",
    "^\\s*-\\s*((?:unique|not_null|accepted_values|relationships|dbt_utils\\.\\w+|"
    "dbt_expectations\\.\\w+)\\b)",
    "\\bfunction\\s+(test\\w+)",
    "\\b(?:TEST|TEST_F|TEST_P|TYPED_TEST)\\s*\\(\\s*(\\w+\\s*,\\s*\\w+)",
    "\\b(?:TEST_CASE|SCENARIO)\\s*\\(\\s*\"([^\"\\n]+)",
    "\\bg_test_add\\w*\\s*\\(\\s*\"([^\"\\n]+)",
    "@test\\s+\"([^\"\\n]+)\"",
    "\\btest_that\\s*\\(\\s*[\"']([^\"'\\n]+)",
    NULL,
};

/* Not run, run only where nobody looks, or the only ones that are. */
const char *const marks_skips[] = {
    "\\b(?:unittest|pytest\\.mark|mark)\\.(?:skip\\w*|xfail|expectedFailure)\\b",
    "@(?:skip\\w*|xfail|expectedFailure)\\b",
    "\\bpytest\\.(?:skip|xfail|importorskip|exit)\\s*\\(",
    "\\bskipTest\\s*\\(|\\bSkipTest\\b|\\bXCTSkip\\w*|\\bGTEST_SKIP\\b|\\bg_test_(?:skip|"
    "incomplete)\\b",
    "__test__\\s*=\\s*False|\\bcollect_ignore\\w*\\s*=",
    "@(?:Ignore\\w*|Disabled\\w*|EnabledIf\\w*|EnabledOn\\w*|PendingFeature|Requires)\\b",
    "\\b(?:it|test|describe|context|suite|specify|bench)(?:\\.\\w+)*\\.(?:skip\\w*|todo|only|fixme|"
    "fails?|failing|pending|runIf|ignore\\w*)\\b",
    "(?<![.\\w])x(?:it|describe|test|context|specify|feature|scenario)\\s*[(\"']",
    "(?<![.\\w])f(?:it|describe|context)\\s*[(\"']|\\bfocus:\\s*true",
    "\\bthis\\.skip\\s*\\(|\\bt\\.(?:skip|todo)\\s*\\(|\\b(?:skip|todo):\\s*(?:true|[\"'])",
    "\\b[tb]\\.Skip(?:f|Now)?\\s*\\(|\\btesting\\.Short\\s*\\(",
    "#!?\\[(?:ignore|should_panic|cfg\\(any\\(\\)\\)|cfg\\(not\\(test|cfg\\(FALSE|cfg_attr\\([^\\]]"
    "*ignore)",
    "\\bignore\\s*(?:[({]|(?:should|must|can|in)\\b)|\\.ignore\\b|\\btaggedAs\\b",
    "\\bpendingUntilFixed\\b|^\\s*pending\\b|\\bin\\s+pending\\b|^\\s*skip\\b|\\bcancel\\s*\\(",
    "\\bassum(?:e|ing)(?:True|That|False|No\\w+|Not\\w+)?\\s*\\(",
    "\\benabled\\s*[:=]\\s*[Ff]alse|\\bseverity\\s*[:=]\\s*['\"]?warn|\\b(?:warn|error)_if\\b",
    "\\bAssert\\.(?:Ignore|Inconclusive|Pass)|\\[(?:Ignore|Explicit)|\\bSkip\\s*=|\\bDISABLED_\\w+",
    "\\bmarkTest(?:Skipped|Incomplete)\\b|\\bexpectNotToPerformAssertions\\b|@tag\\s+:?skip",
    "\\b(?:if|while|elif)\\s*\\(?\\s*(?:False|false|0)\\s*(?:\\)|:|\\{|$)|^\\s*#\\s*if\\s+0\\b",
    "\\bunless\\s+true\\b|\\bfor\\s+\\w+\\s+in\\s+(?:\\[\\]|\\(\\)|range\\(0\\))\\s*:",
    NULL,
};

const char *const marks_asserts[] = {
    "\\bassert\\b|\\bassert_\\w+|\\bassert[A-Z]\\w*|\\bAssert\\.\\w+|\\bexpect\\s*[({]",
    "\\bshould(?:Be|Equal|Have|Contain|===)?\\b|\\bmust(?:Be|Equal|Contain|_\\w+)?\\b",
    "\\brequire\\.\\w+\\s*\\(|\\b[tb]\\.(?:Error|Fatal)f?\\s*\\(|\\bverify\\s*\\(|\\bintercept\\s*"
    "\\[",
    "\\bpytest\\.raises\\b|\\bXCTAssert\\w*|\\b(?:EXPECT|ASSERT|CHECK|REQUIRE)(?:_\\w+)?\\s*\\(",
    "\\bg_assert\\w*\\s*\\(|\\bexpect_\\w+\\s*\\(|\\b(?:ck_)?assert\\w*\\s*\\(",
    "\\baccepted_values\\b|\\bnot_null\\b|\\bunique\\b|^\\s*(?:Then|And|But)\\s",
    NULL,
};

/* Of these, what asks for just one value. */
const char *const marks_strict[] = {
    "[^=!<>]==[^=]|===|\\bassert_?[Ee]q\\w*|\\bassertEquals?\\b|\\bassert_equal\\b",
    "\\bassert(?:Dict|List|Tuple|Set|Count|Sequence|MultiLine)Equal\\b|\\bassertSame\\b",
    "\\bassert(?:ArrayEquals|IterableEquals|LinesMatch|JsonStringEquals\\w*)\\b",
    "\\bto(?:Be|Equal|StrictEqual|MatchObject|MatchSnapshot|MatchInlineSnapshot|HaveBeenCalledWith)"
    "\\s*\\(",
    "\\b(?:to|be|should)\\.(?:eql?|equal|deep)\\b|\\b(?:deep|strict|deepStrict)?[Ee]qual\\s*\\(",
    "\\bto\\s+(?:eq|eql|equal|match_array|contain_exactly)\\b|\\bmust_equal\\b",
    "\\bshouldBe\\b|\\bshouldEqual\\b|\\bmustBe\\b|\\bmustEqual\\b|\\bisEqualTo\\s*\\(",
    "\\b(?:Are)?Equals?\\s*\\(|\\bcontainsExactly\\w*\\s*\\(|\\bequalTo\\s*\\(|\\bis\\s*\\(",
    "\\b(?:EXPECT|ASSERT)_(?:EQ|STREQ)\\b|\\bg_assert_cmp\\w+|\\bexpect_(?:equal|identical)\\b",
    "\\bXCTAssertEqual\\b",
    NULL,
};

/* These hold for almost anything. */
const char *const marks_loose[] = {
    "\\bassert\\s+(?:True|true|1|not\\s+None)\\b|\\bassert!?\\s*\\(\\s*(?:true|True|1)\\b",
    "\\bassert_?[Tt]rue\\s*\\(\\s*[Tt]rue|\\bexpect\\s*\\(\\s*(?:true|1)\\s*\\)",
    "\\b(?:EXPECT|ASSERT)_TRUE\\s*\\(\\s*(?:true|1)|\\bXCTAssert(?:True)?\\s*\\(\\s*true",
    "\\btoBe(?:Defined|Truthy)\\b|\\bnot\\.toBe(?:Null|Undefined|Falsy)\\b|\\bnot\\.toThrow\\b",
    "\\bassert(?:Is)?Not_?[Nn](?:one|ull|il)\\b|\\bis\\s+not\\s+None\\b|\\bassertIn\\b",
    "\\bassertAlmostEqual\\b|\\btoBeCloseTo\\b|\\bpytest\\.approx\\b|\\bapprox\\s*\\(",
    "\\b(?:places|delta|abs|rel|abs_tol|rel_tol|atol|rtol|tolerance|epsilon|within|precision)\\s*=",
    "\\bIn(?:Delta|Epsilon)\\w*\\s*\\(|\\b(?:is|be|to\\.be\\.)?[Cc]loseTo\\s*\\(|\\bbe_within\\b",
    "\\bexpect\\.(?:any\\w*|stringContaining|objectContaining|arrayContaining)\\b|\\bmock\\.ANY\\b",
    "\\bassert(?:Is)?Instance\\w*\\b|\\binstanceof\\b|>=\\s*0\\b|\\|\\|\\s*true\\b|\\bor\\s+(?:"
    "True|1)\\b",
    "\\bNotNil\\s*\\(|\\bNotEmpty\\s*\\(|\\bassertNoThrow\\w*|\\bassertDoesNotThrow\\b|"
    "\\bshouldNot\\b",
    "\\bnonEmpty\\b|\\bnot_to\\s+be_nil\\b|\\bbe_(?:truthy|present)\\b",
    /* something equals itself; a tuple is always true */
    "(?<![\\w.)\\]])([\\w.]+(?:\\([^()]*\\)|\\[[^\\[\\]]*\\])?)\\s*===?\\s*\\g{-1}(?![\\w.(\\[])",
    "\\b(?:assert\\w*|[Ee]quals?|\\w+_EQ)!?\\s*\\(\\s*([\\w.]+)\\s*,\\s*\\g{-1}\\s*[,)]",
    "^\\s*assert\\s*\\((?:[^()\\n]|\\([^()\\n]*\\))*,(?:[^()\\n]|\\([^()\\n]*\\))*\\)\\s*$",
    "\\blimit\\s+0\\b|\\bwhere\\s+(?:false|0|1\\s*=\\s*0|0\\s*=\\s*1)\\b",
    NULL,
};

/* What a test asks is not what it was: something stands in for it. */
const char *const marks_mocks[] = {
    "\\b(?:Magic|Async)?Mock\\s*\\(|\\bmock\\.patch\\b|@patch\\b|\\bpatch(?:\\.object)?\\s*\\(",
    "\\bmonkeypatch\\.\\w+|\\bmocker\\.\\w+|\\b(?:jest|vi)\\.(?:mock|fn|spyOn|doMock)\\b|"
    "\\bsinon\\.",
    "\\bMockito\\.|@Mock\\w*\\b|\\b(?:doReturn|thenReturn|mockReturnValue\\w*|"
    "mockImplementation\\w*|"
    "mockResolvedValue\\w*)\\s*\\(",
    "\\bmockk\\s*[<({]|\\bevery\\s*\\{|\\bgomock\\.|\\ballow\\s*\\(.*\\)\\.to\\s+receive\\b",
    "\\band_return\\b|\\bnew\\s+Mock<|\\bSubstitute\\.For\\b|\\bcreateMock\\s*\\(|\\bstub\\w*\\s*"
    "\\(",
    NULL,
};

/* It waits for what it asks. */
const char *const marks_waits[] = {
    "\\bawait\\b|\\breturn\\s+expect\\b|\\.(?:get|join|result)\\s*\\(", NULL};

/* It ends before it has asked. */
const char *const marks_ends[] = {
    "(?:^|[\\s:{;)])return\\s*(?:true|True|nil|None|null|0|\\(\\s*\\))?\\s*;?\\s*\\}?\\s*$",
    "^\\s*pass\\s*$",
    "\\b(?:sys|os|process|System|Kernel|std::process)(?:\\.|::)_?exit\\s*\\(|\\braise\\s+"
    "SystemExit\\b",
    "\\bos\\.Exit\\s*\\(|^\\s*exit\\s*(?:\\(?\\s*0\\s*\\)?)?\\s*;?\\s*$|\\bpytest\\.exit\\s*\\(",
    NULL,
};

/* Values that a test was written for stand beside such words. */
const char *const marks_expectations[] = {
    "(?i)\\b(?:expect\\w*|want|wanted|golden|should_be)\\w*\\b",
    "(?i)\\bparametri[sz]e\\w*|@(?:Csv|Value|Method|Enum)Source\\b|\\b(?:TestCase|InlineData|"
    "DataRow)\\b",
    "\\b(?:it|test|describe)\\.each\\b|#\\[(?:case|rstest|test_case)\\b|"
    "\\btoMatchInlineSnapshot\\b",
    "^\\s*(?:Then|And|But|Examples:|\\|)",
    NULL,
};

const char *const marks_literals[] = {
    "\"\"\"(?s:.*?)\"\"\"|'''(?s:.*?)'''|`[^`]*`",
    "\"(?:[^\"\\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\\n]|\\\\.)*'",
    "(?<![\\w)\\]])-\\d[\\w.]*|\\b\\d[\\w.]*",
    "\\b(?:[Tt]rue|[Ff]alse|None|null|nil)\\b|\\b[A-Z][A-Z0-9_]+\\b",
    NULL,
};

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
    "@(?:phpstan-ignore|psalm-suppress|codeCoverageIgnore|noinspection)|--\\s*(?:noqa|sqlfluff:"
    "off)",
    "//\\s*(?:go:build|\\+build)|/\\*\\s*sqlfluff:|\\{#\\s*noqa",
    NULL,
};

/* Code that makes a check or a failure silent. */
const char *const marks_silent_code[] = {
    "@Suppress\\w*|@file:Suppress|\\[\\w*:?\\s*SuppressMessage|@nowarn|@SneakyThrows|#!?\\[(?:"
    "allow|expect)\\(",
    "#pragma\\s+(?:warning\\s+disable|GCC\\s+diagnostic\\s+ignored|clang\\s+diagnostic\\s+ignored)|"
    "#nullable\\s+"
    "disable",
    "\\|\\|\\s*(?:true|:|exit\\s+0)\\s*$|\\bset\\s+\\+e\\b|;\\s*true\\s*$|--no-verify\\b|continue-"
    "on-error",
    "^\\s*except[^:\\n]*:\\s*(?:pass|continue|\\.\\.\\.|return(?:\\s+None)?|\\w+\\s*=\\s*(?:None|"
    "\\[\\]|\\{\\}))\\s*$",
    "^\\s*except(?:\\s+(?:Base)?Exception)?\\s*:\\s*$|\\bsuppress\\s*\\(|\\brescue\\s+nil\\b|"
    "\\bon\\s+error\\s+resume\\b",
    "\\bcatch\\s*(?:\\([^)]*\\))?\\s*\\{\\s*(?:return(?:\\s+\\w+)?;?\\s*)?\\}|\\bcatch\\s*\\{\\s*"
    "case\\s+_",
    "\\.catch\\s*\\(\\s*(?:\\(\\s*\\w*\\s*\\)|\\w+)\\s*=>\\s*(?:\\{\\s*\\}|null|undefined|\\[\\]|"
    "\\w+)\\s*\\)",
    "^\\s*_\\s*(?:,\\s*_\\s*)*=\\s*|\\brecover\\s*\\(\\s*\\)|\\bTry\\b.*\\.getOrElse\\b|\\.ok\\s*"
    "\\(\\s*\\)\\s*;",
    "\\bwarnings\\.(?:filterwarnings|simplefilter)\\b|\\blogging\\.disable\\b|\\bno\\s+warnings\\b|"
    "\\berror_reporting\\s*\\(\\s*0",
    NULL,
};

/* Nothing of this is needed to read one dataset instead of another. */
const char *const marks_reaches[] = {
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
    NULL,
};
