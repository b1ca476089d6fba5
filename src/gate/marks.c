/*
 * marks.c - how tests, assertions, and what weakens them are written, in the languages that people keep tests in. Each list is
 * a choice of patterns, matched line by line (`^` and `$` are those of a line).
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
    "^\\s*\"([^\"\\n]+)\"\\s+(?:should|must|in|can)\\b",
    "(?:\\bit|\\bthey|\")\\s+(?:should|must|can)\\s+\"([^\"\\n]+)\"",
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
    "@(?:Tag|Tags|Category|Slow|Manual\\w*|Nightly)\\b|\\bmark\\.(?:slow|manual|nightly|"
    "integration)\\b|\\badd_marker\\b",
    "\\bskip_(?:on|if|unless)\\w*|\\bskip\\s*(?:;|$)|@Test\\b[^;{}]*\\b(?:private|abstract)\\b|"
    "\\babstract\\s+class\\b",
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
    "\\baccepted_values\\b|\\bnot_null\\b|\\bunique\\b|^\\s*(?:Then|And|But)\\s|^\\s*ASSERT\\b",
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

/* Of these, what asks for the very same: kind, order and all. */
const char *const marks_same[] = {
    "\\btoStrictEqual\\b|\\b(?:deep)?[sS]trictEqual\\b|\\bassertIs\\s*\\(|\\bassert(?:Not)?Same\\b|"
    "\\bcontainsExactly\\s*\\(",
    "\\bassert\\w*(?:List|Sequence|Tuple)Equal\\b|\\binOrder\\b|===", NULL};

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
    "(?i)\\blimit\\s+0\\b|(?i)\\b(?:where|and)\\s+(?:false|0|not\\s+true|\\d+\\s*(?:=|<>|!=|<|>)"
    "\\s*\\d+)\\b|"
    "(?i)\\bor\\s+(?:true|\\d+\\s*=\\s*\\d+)\\b",
    /* the order, a part of it, or all but whether there is something */
    "\\bassertCountEqual\\b|\\bElementsMatch\\b|\\w+InAnyOrder\\b|\\bmatch_array\\b|\\bcontain_"
    "exactly\\b",
    "(?<![.\\w])(?:round|sorted|set|frozenset|bool|any|len|abs|floor|ceil|Boolean)\\s*\\(|"
    "\\bMath\\.\\w+\\s*\\(|!!\\w",
    "\\.(?:sort|sorted|some|length|size|toSet|to_set|exists|anyMatch|issubset|issuperset)\\b|"
    "\\bany\\?",
    "\\[\\s*(?:0\\s*)?:\\s*0?\\s*\\]|\\bto\\.(?:exist|be\\.(?:ok|an?))\\b|\\bis_?(?:Not_?)?(?:Null|"
    "Empty|Present)\\b",
    "\\b(?:assert)?(?:Greater|Less)\\w*\\b|\\btoBe(?:Greater|Less)Than\\w*|\\bbe\\s*[<>]|\\bbe_(?:"
    "an?|kind_of|positive)\\b",
    "\\btoContain\\w*|\\bassert\\w*Regex\\w*|\\btoMatch\\s*\\(|\\bhas(?:Item|Size)\\w*|\\bto\\s+"
    "include\\b|\\bcontains\\s*\\(",
    "(?<![.\\w])(?:zip|filter|islice)\\s*\\(|\\.(?:take|head|limit|slice|filter|distinct|unique|"
    "dropDuplicates)\\s*\\(",
    "\\b[Bb]e(?:Greater|Less|Positive|OfType|Assignable|OneOf|Within)\\w*|\\bNotBe\\w*|"
    "\\bcmpopts\\.\\w+|\\bIgnoreFields\\b",
    /* what it expects is what it was given; an expected file is written */
    "^\\s*(?:(?:const|let|var|val|final|auto)\\s+)?(?:\\w+\\s+)?(?i:expected\\w*|wanted|want|"
    "golden\\w*)\\s*:?=(?!=)",
    "\\b[Gg]olden\\.Update\\b|\\bupdate_?[Gg]olden\\w*|\\bUPDATE_\\w+",
    "\\bHashSet\\b|\\bSet\\.of\\b|\\bnew\\s+Set\\b|\\bNil\\b|\\bbeEmpty\\b|\\bempty(?:List|Map|Set)"
    "?\\s*\\(|\\bSeq\\.empty\\b|\\.or\\b",
    /* whatever it is given */
    "\\bany\\w*\\(\\s*\\)|\\bArgumentMatchers\\b|\\bANY\\b",
    "\\bsatisf(?:y|ies)\\b|(?:=>|->)\\s*true\\b|\\blambda\\b[^:\\n]*:\\s*True\\b|\\bmatches!\\s*\\("
    "[^)]*,\\s*_",
    /* asked by nobody: a function that holds the assertion; asked until it holds */
    "(?:->|=>|\\blambda\\b[^:\\n]*:)\\s*(?:self\\.)?(?:assert|expect|require|verify)",
    "\\bflaky\\b|\\breruns?\\b|\\bretr(?:y|ies)\\w*|\\bRetry\\w*|\\bRepeatedIf\\w*|\\bdebug_"
    "assert\\w*",
    /* that it fails is right */
    "\\bpytest\\.raises\\b|\\bassert(?:Raises|Throws|_raises)\\w*|\\bexpected\\s*=\\s*\\w+\\.class|"
    "\\braise_error\\b",
    "\\btoThrow\\w*|\\bexpectException\\w*|\\bExpectedException\\b|\\bintercept\\s*\\[|\\b(?:be\\s+"
    ")?thrownBy\\b",
    NULL,
};

/* A test that goes another way than before: what it asks is perhaps not reached any more. */
const char *const marks_turns[] = {
    "\\b(?:if|elif|unless|guard|while|try|except|catch|rescue|finally|ensure|return|break|continue|"
    "goto)\\b",
    "^\\s*(?:async\\s+)?(?:with|for|foreach)\\b|^\\s*yield\\b|&&|\\|\\||\\bTry\\s*[({]",
    NULL,
};
const char *const marks_turns_sql[] = {"(?i)\\b(?:and|or|where|having|qualify|limit|exists|except|"
                                       "intersect|distinct|tablesample|offset|union)\\b",
                                       NULL};

/* The same in the queries of other languages' tests, where people write them large. */
const char *const marks_turns_queries[] = {"\\b(?:LIMIT|WHERE|HAVING|OFFSET|DISTINCT|QUALIFY)\\b",
                                           NULL};

/* What makes a test one, and has it fail. */
const char *const marks_kept[] = {
    "\\b\\w*TestCase\\b|\\b\\w*(?:FunSuite|FlatSpec|WordSpec|FunSpec|PropSpec|FreeSpec|"
    "PipelineSpec|Specification)\\b",
    "@(?:Parameterized|Repeated)?Test\\b|#\\[(?:\\w+::)?test\\b|\\[(?:Fact|Theory|Test|TestMethod)"
    "\\b|@given\\b|\\b\\w+Source\\s*\\(",
    "\\bexpect\\.(?:assertions|hasAssertions)\\b|\\bflunk\\b|\\bfail\\s*\\(|\\bt\\.(?:Run|Fail|"
    "FailNow|Errorf?|Fatalf?)\\b|\\bverify\\s*\\(",
    NULL,
};
/* Comparisons, which a test makes as before. */
const char *const marks_comparisons[] = {
    "==", "!=", "<=", ">=", " < ", " > ", "\\bis\\s+not\\b", "\\bnot\\s+in\\b", NULL};
/* A list of cases in one statement. */
const char *const marks_cases[] = {
    "(?i)\\bparametri[sz]e\\w*|@(?:Csv|Value|Method|Enum)Source\\b|\\b(?:TestCase|InlineData|"
    "DataRow)\\b",
    "\\.each\\s*\\(|#\\[(?:case|test_case)\\b|\\bmax_examples\\b|\\bminSuccessful\\b", NULL};
/* A number that checks are held to, in tests and elsewhere. */
const char *const marks_limits[] = {
    "(?i)time_?out|retr(?:y|ies)|attempts|deadline|tolerance|threshold|epsilon|max_?(?:errors|"
    "failures|bad\\w*|examples)|"
    "fail_under|coverage|mostly|having\\b|(?:missing|row|duplicate|invalid)_(?:count|percent)",
    NULL,
};
const char *const marks_numbers[] = {"(?<![\\w.)\\]])-?\\d[\\d_.]*\\b", NULL};

/* A line of a table of cases, or of rows. */
const char *const marks_rows[] = {"^\\s*[{(\\[].*[})\\]]\\s*,?\\s*$", NULL};

/* What a test asks is not what it was: something stands in for it. */
const char *const marks_mocks[] = {
    "\\b(?:Magic|Async)?Mock\\s*\\(|\\bmock\\.patch\\b|@patch\\b|\\bpatch(?:\\.object)?\\s*\\(",
    "\\bmonkeypatch\\.\\w+|\\bmocker\\.\\w+|\\b(?:jest|vi)\\.(?:mock|fn|spyOn|doMock)\\b|"
    "\\bsinon\\.",
    "\\bMockito\\.|@Mock\\w*\\b|\\b(?:doReturn|thenReturn|mockReturnValue\\w*|"
    "mockImplementation\\w*|"
    "mockResolvedValue\\w*)\\s*\\(",
    "\\bmockk\\s*[<({]|\\bevery\\s*\\{|\\bgomock\\.|\\ballow\\s*\\(.*\\)\\.to\\s+receive\\b",
    "^\\s*[\\w.]+\\s*=\\s*lambda\\b|\\bsetattr\\s*\\(|\\bMockedStatic\\b|\\bnock\\s*\\(|"
    "\\bresponses\\.add\\b",
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
    "\\breturn\\s*(?:\\[\\s*\\]|\\{\\s*\\}|\\(\\s*\\)|Nil|set\\(\\))\\s*;?\\s*$",
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
