import { useState } from 'react';
import { useLoad } from '../data';
import { count, plural } from '../format';
import { Failure, Skeleton } from './basics';
import { save } from '../save';
import { DiffText } from './code';

const SHOWN_MAX = 20_000; /* of a transcript, which may be of 8 MiB; all of it can be saved */

/** As a rewrite's evidence has it (docs/agents.md). */
export interface CodingDone {
  agent?: string;
  done?: boolean;
  rounds?: number;
  rounds_max?: number;
  sites?: number;
  files?: string[];
  checks?: { name: string; command?: string; before?: string; after?: string }[];
  boxed?: boolean;
  why?: string;
  report?: string;
}

interface Report {
  door?: string;
  ms?: number;
  diff?: string;
  tried?: { end?: string; said?: string; findings?: string; transcript?: string; usage?: unknown }[];
}

/** What a coding agent did with the places that rules left, what was made of it, and all that was tried. */
export function CodingWork({ coding }: { coding: CodingDone }) {
  const [isOpen, setOpen] = useState(false);
  const checks = coding.checks ?? [];
  return (
    <div className="honk-coding">
      <p>
        <span className={`honk-pill honk-${coding.done ? 'proof' : 'unparsable'}`}>{coding.done ? 'agent did it' : 'agent did not do it'}</span>{' '}
        <strong>{coding.agent}</strong>{' '}
        <span className="honk-dim">
          {coding.rounds ?? 0} of at most {plural(coding.rounds_max ?? 0, 'round')}, {plural(coding.sites ?? 0, 'place')}
          {coding.boxed === false && ', without a sandbox'}
        </span>{' '}
        {coding.report && (
          <button type="button" className="honk-link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            all that was tried
          </button>
        )}
      </p>
      {!coding.done && coding.why && <p className="honk-problem honk-lines">{coding.why}</p>}
      {(coding.files ?? []).length > 0 && (
        <p className="honk-dim">
          it wrote{' '}
          {coding.files!.map(file => (
            <code key={file}>{file} </code>
          ))}
        </p>
      )}
      {checks.length > 0 && (
        <ul className="honk-findings">
          {checks.map(check => (
            <li key={check.name}>
              <strong>{check.name}</strong>
              <span>
                before {check.before ?? 'not run'}, after {check.after ?? 'not run'} {check.command && <code className="honk-dim">{check.command}</code>}
              </span>
            </li>
          ))}
        </ul>
      )}
      {isOpen && coding.report && <Tried digest={coding.report} />}
    </div>
  );
}

function Tried({ digest }: { digest: string }) {
  const { data, error, reload } = useLoad(`report ${digest}`, async (client, signal) => JSON.parse(await client.blob(digest, signal)) as Report);
  if (error && !data) return <Failure error={error} onRetry={reload} what="The report" />;
  if (!data) return <Skeleton rows={4} label="loading the report" />;
  return (
    <div className="honk-stack">
      {(data.tried ?? []).map((one, i) => (
        <details key={i} className="honk-details" open={i === 0}>
          <summary>
            Round {i + 1}: {one.end ?? 'ended'}
          </summary>
          {one.findings && <p className="honk-lines">{one.findings}</p>}
          {one.said && <Text label={`what it said in round ${i + 1}`} text={one.said} />}
          {one.transcript && (
            <>
              <p>
                Transcript, {count(one.transcript.length)} characters <Save name={`round-${i + 1}.txt`} text={one.transcript} />
              </p>
              <Text label={`transcript of round ${i + 1}`} text={one.transcript} />
            </>
          )}
        </details>
      ))}
      {data.diff && (
        <details className="honk-details">
          <summary>What it changed</summary>
          <DiffText text={data.diff} />
        </details>
      )}
    </div>
  );
}

function Text({ label, text }: { label: string; text: string }) {
  return (
    <pre className="honk-code" tabIndex={0} aria-label={label}>
      {text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}\n…` : text}
    </pre>
  );
}

function Save({ name, text }: { name: string; text: string }) {
  return (
    <button type="button" className="honk-link" onClick={() => save(name, 'text/plain', text)}>
      save it
    </button>
  );
}
