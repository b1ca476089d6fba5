import type { ReactNode } from 'react';

/** A link that somebody wrote into a file: only web pages, and they do not learn where one came from. */
export function SafeLink({ href, children }: { href: string; children: ReactNode }) {
  return /^https?:\/\//i.test(href) ? (
    <a href={href} rel="noreferrer noopener" target="_blank">
      {children}
    </a>
  ) : (
    <code>{href}</code>
  );
}
