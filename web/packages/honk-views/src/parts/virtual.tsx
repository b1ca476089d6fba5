import { useCallback, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';

const SPARE_ROWS = 8; /* drawn above and below, so that fast scrolling shows no gaps */

export interface VirtualRowsProps<T> {
  rows: readonly T[];
  rowHeight: number;
  rowKey: (row: T) => string;
  render: (row: T, index: number) => ReactNode;
  label: string;
  onOpen?: (row: T) => void;
  /** Of the heading, which stays in sight. */
  head?: ReactNode;
  /** Stay at the end as rows come, unless somebody scrolls away from it. */
  follow?: boolean;
  className?: string;
}

/** Draws the rows that are in sight, however many there are. Up and Down go from row to row, Enter opens one. */
export function VirtualRows<T>({ rows, rowHeight, rowKey, render, label, onOpen, head, follow = false, className = '' }: VirtualRowsProps<T>) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  const [active, setActive] = useState(0);
  const isAtEnd = useRef(true);

  const look = useCallback(() => {
    const element = box.current;
    if (!element) return;
    isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < rowHeight;
    setView(old => {
      const next = { top: element.scrollTop, height: element.clientHeight || 800 };
      return old.top === next.top && old.height === next.height ? old : next;
    });
  }, [rowHeight]);

  useEffect(() => {
    look();
    const element = box.current;
    if (!element || typeof ResizeObserver === 'undefined') return undefined;
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, [look]);

  useLayoutEffect(() => {
    const element = box.current;
    if (follow && element && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [follow, rows.length]);

  const first = Math.max(0, Math.floor(view.top / rowHeight) - SPARE_ROWS);
  const last = Math.min(rows.length, Math.ceil((view.top + view.height) / rowHeight) + SPARE_ROWS);
  const at = Math.min(active, rows.length - 1);

  const onKey = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 1);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -rows.length, End: rows.length };
    if (event.key === 'Enter' && onOpen && rows[at]) {
      if ((event.target as HTMLElement).closest('a,button')) return;
      event.preventDefault();
      onOpen(rows[at]);
      return;
    }
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const to = Math.min(rows.length - 1, Math.max(0, at + step));
    setActive(to);
    const element = box.current;
    if (!element) return;
    if (to * rowHeight < element.scrollTop) element.scrollTop = to * rowHeight;
    else if ((to + 1) * rowHeight > element.scrollTop + element.clientHeight) element.scrollTop = (to + 1) * rowHeight - element.clientHeight;
  };

  return (
    <div className={`honk-rows ${className}`}>
      {head}
      <div
        ref={box}
        className="honk-rows-box"
        role="list"
        aria-label={label}
        tabIndex={0}
        onScroll={look}
        onKeyDown={onKey}
      >
        <div style={{ height: rows.length * rowHeight, position: 'relative' }} role="presentation">
          {rows.slice(first, last).map((row, i) => {
            const index = first + i;
            return (
              <div
                key={rowKey(row)}
                role="listitem"
                aria-posinset={index + 1}
                aria-setsize={rows.length}
                className={`honk-row${index === at ? ' honk-row-active' : ''}${onOpen ? ' honk-row-opens' : ''}`}
                style={{ height: rowHeight, transform: `translateY(${index * rowHeight}px)` }}
                onClick={event => {
                  setActive(index);
                  if (onOpen && !(event.target as HTMLElement).closest('a,button')) onOpen(row);
                }}
              >
                {render(row, index)}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
