/** A link out of the page. Where it leads stands beside it unless its text says so. */
import { createContext, type ReactNode } from 'react';
import { hostOf, safeLink, tellsHost } from './safe-url';
import { textOf } from './text-of';

/** Whether what is drawn stands in a link already: there can be no second one inside. */
export const InLink = createContext(false);

export function Link({ href, children }: { readonly href?: string | undefined; readonly children?: ReactNode }) {
  const url = safeLink(href);
  if (!url) return <bdi>{children}</bdi>;
  return (
    <>
      <InLink value>
        <a href={url.href} target="_blank" rel="noopener noreferrer">
          <bdi>{children}</bdi>
        </a>
      </InLink>
      {!tellsHost(textOf(children), url) && <bdi className="md-host">{hostOf(url)}</bdi>}
    </>
  );
}
