import type { HonkError } from 'honk-client';
import { useEffect, useId, useRef, useState, type AnchorHTMLAttributes, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react';
import { useHonk } from '../context';
import { useNow } from '../data';
import { ago, moment, percent, person, share, shortRef } from '../format';
import type { Route } from '../routes';
import { migrationState, type Tone } from '../states';

export function Go({ to, children, onClick, ...rest }: { to: Route } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const { href, go } = useHonk();
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={href(to)} onClick={follow} {...rest}>
      {children}
    </a>
  );
}

/** The shape says it as well as the colour does. */
export function Badge({ tone, children, title }: { tone: Tone; children: ReactNode; title?: string }) {
  return (
    <span className={`honk-badge honk-tone-${tone}`} title={title}>
      <i aria-hidden="true" />
      {children}
    </span>
  );
}

export function StateBadge({ state, shown = migrationState }: { state: string; shown?: (state: string) => { tone: Tone; label: string } }) {
  const { tone, label } = shown(state);
  return <Badge tone={tone}>{label}</Badge>;
}

export function Since({ ms, prefix = '' }: { ms: number; prefix?: string }) {
  const now = useNow(5000);
  return (
    <time dateTime={new Date(ms).toISOString()} title={moment(ms)} className="honk-since">
      {prefix}
      {ago(now - ms)}
    </time>
  );
}

export function Meter({ done, total, label, tone = 'moves' }: { done: number; total: number; label: string; tone?: Tone }) {
  const part = share(done, total);
  return (
    <div
      className={`honk-meter honk-tone-${tone}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(part * 100)}
      aria-valuetext={`${label}: ${percent(part)}`}
    >
      <div style={{ transform: `scaleX(${part})` }} />
    </div>
  );
}

export function Person({ identity }: { identity: string }) {
  return (
    <span className="honk-person" title={identity}>
      <span className="honk-avatar" aria-hidden="true">
        {person(identity).slice(0, 1)}
      </span>
      {person(identity)}
    </span>
  );
}

export function Ref({ name }: { name: string }) {
  return (
    <span title={name} className="honk-ref">
      {shortRef(name)}
    </span>
  );
}

export function Card({ title, aside, children, id, tone }: { title?: ReactNode; aside?: ReactNode; children: ReactNode; id?: string; tone?: Tone }) {
  const heading = useId();
  return (
    <section className={`honk-card${tone ? ` honk-edge honk-tone-${tone}` : ''}`} aria-labelledby={title ? heading : undefined} id={id}>
      {title !== undefined && (
        <header>
          <h2 id={heading}>{title}</h2>
          {aside !== undefined && <div className="honk-aside">{aside}</div>}
        </header>
      )}
      {children}
    </section>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="honk-empty" role="status">
      <Goose />
      <strong>{title}</strong>
      {children !== undefined && <p>{children}</p>}
    </div>
  );
}

export function Goose({ size = 56 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 64 64" aria-hidden="true" className="honk-goose">
      <path
        d="M9 45c9 9 30 11 40 1 5-5 5-12 2-17-4 4-9 5-14 4-3-1-5-3-5-7V15c0-5-4-8-8-8-5 0-8 4-8 8l-8 4 9 2c2 5 1 10-2 14-2 3-5 6-6 10Z"
        fill="none"
        stroke="currentColor"
        strokeWidth="3"
        strokeLinejoin="round"
      />
      <circle cx="23" cy="14" r="1.8" fill="currentColor" />
    </svg>
  );
}

export function Failure({ error, onRetry, what }: { error: HonkError; onRetry?: () => void; what: string }) {
  const isOffline = error.code === 'offline';
  return (
    <div className="honk-note honk-tone-bad" role="alert">
      <div>
        <strong>{isOffline ? 'The server does not answer' : `${what} cannot be shown`}</strong>
        <p>{isOffline ? 'It may be starting again. As soon as it answers, this is read anew.' : error.message}</p>
        {error.hint !== undefined && <p className="honk-dim">{error.hint}</p>}
      </div>
      {onRetry && (
        <button type="button" className="honk-button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Skeleton({ rows = 4, label }: { rows?: number; label: string }) {
  return (
    <div className="honk-skeleton" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, i) => (
        <span key={i} style={{ width: `${92 - ((i * 23) % 48)}%` }} />
      ))}
    </div>
  );
}

export function Copy({ text, children }: { text: string; children?: ReactNode }) {
  const [isDone, setDone] = useState(false);
  const copy = () => {
    void navigator.clipboard?.writeText(text).then(() => {
      setDone(true);
      setTimeout(() => setDone(false), 1500);
    });
  };
  return (
    <button type="button" className="honk-copy" onClick={copy} title={`Copy ${text}`}>
      <code>{children ?? text}</code>
      <span aria-live="polite">{isDone ? 'copied' : ''}</span>
    </button>
  );
}

export interface Tab {
  key: string;
  label: string;
  count?: number;
  tone?: Tone;
}

/** Arrow keys move between tabs, as people who use keys expect. */
export function Tabs({ tabs, active, onTab, label }: { tabs: readonly Tab[]; active: string; onTab: (key: string) => void; label: string }) {
  const bar = useRef<HTMLDivElement>(null);
  /* On a telephone the last ones are beyond the edge. Only the bar moves, and not the page. */
  useEffect(() => {
    const tab = bar.current?.querySelector('[aria-selected=true]');
    if (!bar.current || !tab) return;
    const [around, own] = [bar.current.getBoundingClientRect(), tab.getBoundingClientRect()];
    if (own.left < around.left || own.right > around.right) bar.current.scrollLeft += own.left - around.left - (around.width - own.width) / 2;
  }, [active]);
  const onKey = (event: KeyboardEvent) => {
    const at = tabs.findIndex(tab => tab.key === active);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const to = event.key === 'Home' ? 0 : event.key === 'End' ? tabs.length - 1 : step !== undefined ? (at + step + tabs.length) % tabs.length : -1;
    if (to < 0) return;
    event.preventDefault();
    onTab(tabs[to]!.key);
    bar.current?.querySelectorAll<HTMLElement>('[role=tab]')[to]?.focus();
  };
  return (
    <div className="honk-tabs" role="tablist" aria-label={label} ref={bar} onKeyDown={onKey}>
      {tabs.map(tab => (
        <button
          key={tab.key}
          type="button"
          role="tab"
          id={`honk-tab-${tab.key}`}
          aria-selected={tab.key === active}
          aria-controls={tab.key === active ? `honk-panel-${tab.key}` : undefined}
          tabIndex={tab.key === active ? 0 : -1}
          onClick={() => onTab(tab.key)}
        >
          {tab.label}
          {tab.count !== undefined && <span className={`honk-count${tab.tone ? ` honk-tone-${tab.tone}` : ''}`}>{tab.count}</span>}
        </button>
      ))}
    </div>
  );
}

export function Panel({ tab, children }: { tab: string; children: ReactNode }) {
  return (
    <div role="tabpanel" id={`honk-panel-${tab}`} aria-labelledby={`honk-tab-${tab}`} className="honk-panel" tabIndex={-1}>
      {children}
    </div>
  );
}

export function Search({ value, onValue, label, id }: { value: string; onValue: (value: string) => void; label: string; id?: string }) {
  return (
    <label className="honk-search">
      <span className="honk-hidden">{label}</span>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <circle cx="7" cy="7" r="4.5" fill="none" stroke="currentColor" strokeWidth="1.6" />
        <path d="m10.5 10.5 3.5 3.5" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />
      </svg>
      <input id={id} type="search" value={value} placeholder={label} onChange={event => onValue(event.target.value)} spellCheck={false} autoComplete="off" />
    </label>
  );
}

/** Chips of which one is chosen; also a radio group for whoever cannot see it. */
export function Chips<K extends string>({
  label,
  chips,
  chosen,
  onChoose,
}: {
  label: string;
  chips: readonly { key: K; label: string; count?: number; tone?: Tone }[];
  chosen: K;
  onChoose: (key: K) => void;
}) {
  return (
    <div className="honk-chips" role="group" aria-label={label}>
      {chips.map(chip => (
        <button
          key={chip.key}
          type="button"
          aria-pressed={chip.key === chosen}
          className={chip.tone ? `honk-tone-${chip.tone}` : ''}
          onClick={() => onChoose(chip.key)}
        >
          {chip.tone && <i aria-hidden="true" />}
          {chip.label}
          {chip.count !== undefined && <b>{chip.count.toLocaleString('en-US')}</b>}
        </button>
      ))}
    </div>
  );
}

export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode] | false | null | undefined)[] }) {
  return (
    <dl className="honk-facts">
      {rows.map(
        row =>
          row && (
            <div key={row[0]}>
              <dt>{row[0]}</dt>
              <dd>{row[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
