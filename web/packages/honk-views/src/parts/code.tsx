import { useMemo } from 'react';
import { useLoad } from '../data';
import { changedSpan, parseDiff, type DiffFile, type DiffRow } from '../diff';
import { plural } from '../format';
import { highlight, languageOf } from '../highlight';
import { Failure, Skeleton } from './basics';

const ROWS_SHOWN_MAX = 2000; /* of one file; a diff beyond it is read with git */

export function Code({ text, path }: { text: string; path: string }) {
  const language = languageOf(path);
  return (
    <pre className="honk-code" tabIndex={0} aria-label={path}>
      {text.split('\n').map((line, i) => (
        <span key={i} className="honk-line">
          <Line text={line} language={language} />
          {'\n'}
        </span>
      ))}
    </pre>
  );
}

function Line({ text, language, mark }: { text: string; language: ReturnType<typeof languageOf>; mark?: [number, number] }) {
  let at = 0;
  return (
    <>
      {highlight(text, language).flatMap(([kind, piece], i) => {
        const begin = at;
        at += piece.length;
        const cuts = mark ? [mark[0], mark[1]].map(cut => Math.min(Math.max(cut - begin, 0), piece.length)) : [0, 0];
        const parts = [piece.slice(0, cuts[0]), piece.slice(cuts[0], cuts[1]), piece.slice(cuts[1])];
        return parts.map((part, j) =>
          part === '' ? null : (
            <span key={`${i}.${j}`} className={`${kind ? `honk-syntax-${kind}` : ''}${mark && j === 1 ? ' honk-mark' : ''}`}>
              {part}
            </span>
          ),
        );
      })}
    </>
  );
}

function Row({ row, language }: { row: DiffRow; language: ReturnType<typeof languageOf> }) {
  const span = row.isChange && row.left && row.right ? changedSpan(row.left.text, row.right.text) : undefined;
  return (
    <tr className={row.isChange ? 'honk-changed' : ''}>
      <td className="honk-number">{row.left?.number ?? ''}</td>
      <td className={`honk-old${row.isChange && row.left ? ' honk-removed' : ''}${row.left ? '' : ' honk-void'}`}>
        {row.left && (
          <>
            {row.isChange && <span className="honk-hidden">removed: </span>}
            <Line text={row.left.text} language={language} mark={span && [span.from, span.leftTo]} />
          </>
        )}
      </td>
      <td className="honk-number">{row.right?.number ?? ''}</td>
      <td className={`honk-new${row.isChange && row.right ? ' honk-added' : ''}${row.right ? '' : ' honk-void'}`}>
        {row.right && (
          <>
            {row.isChange && <span className="honk-hidden">added: </span>}
            <Line text={row.right.text} language={language} mark={span && [span.from, span.rightTo]} />
          </>
        )}
      </td>
    </tr>
  );
}

function FileDiff({ file }: { file: DiffFile }) {
  const language = languageOf(file.path);
  let left = ROWS_SHOWN_MAX;
  return (
    <figure className="honk-diff">
      <figcaption>
        <code>{file.path}</code>
        <span className="honk-plus">+{file.added}</span>
        <span className="honk-minus">−{file.removed}</span>
      </figcaption>
      <div className="honk-scroll" tabIndex={0} role="region" aria-label={`changes of ${file.path}`}>
        <table>
          <colgroup>
            <col className="honk-number" />
            <col />
            <col className="honk-number" />
            <col />
          </colgroup>
          <thead className="honk-hidden">
            <tr>
              <th>old line</th>
              <th>before</th>
              <th>new line</th>
              <th>after</th>
            </tr>
          </thead>
          {file.hunks.map((hunk, i) => {
            const rows = hunk.rows.slice(0, Math.max(0, left));
            left -= rows.length;
            return (
              <tbody key={i}>
                {i > 0 && (
                  <tr className="honk-gap">
                    <td colSpan={4}>{hunk.heading || '⋯'}</td>
                  </tr>
                )}
                {rows.map((row, j) => (
                  <Row key={j} row={row} language={language} />
                ))}
              </tbody>
            );
          })}
        </table>
      </div>
      {left <= 0 && <p className="honk-dim">The rest is left out here; `honk change show` has all of it.</p>}
    </figure>
  );
}

/** A blob that is a diff, file by file, old and new side by side. */
export function DiffBlob({ digest }: { digest: string }) {
  const { data, error, reload } = useLoad(`blob ${digest}`, (client, signal) => client.blob(digest, signal));
  if (error && data === undefined) return <Failure error={error} onRetry={reload} what="The diff" />;
  if (data === undefined) return <Skeleton rows={6} label="loading the diff" />;
  return <DiffText text={data} />;
}

export function DiffText({ text }: { text: string }) {
  const files = useMemo(() => parseDiff(text), [text]);
  return (
    <div className="honk-stack">
      {files.length > 1 && <p className="honk-dim">{plural(files.length, 'file')}</p>}
      {files.map(file => (
        <FileDiff key={file.path} file={file} />
      ))}
    </div>
  );
}
