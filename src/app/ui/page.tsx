/** A screen of its own beside the chat: one column with a heading, which takes the focus when one comes here. */
import { useEffect, useRef, type ReactNode } from 'react';
import { hasMoved } from '../navigation/screens';

interface PageProps {
  readonly title: string;
  /** One sentence that says what can be done here. */
  readonly lead?: ReactNode;
  /** Room for a table, where the window has it. */
  readonly isWide?: boolean;
  readonly children?: ReactNode;
}

export function Page({ title, lead, isWide = false, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // The first screen of a visit is read from its top.
    if (hasMoved()) heading.current?.focus();
  }, []);
  return (
    <main className="page">
      <div className={isWide ? 'page-column page-wide' : 'page-column'}>
        <h2 ref={heading} className="page-title" tabIndex={-1}>
          {title}
        </h2>
        {lead !== undefined && <p className="page-lead">{lead}</p>}
        {children}
      </div>
    </main>
  );
}

interface SectionProps {
  readonly title: string;
  readonly children: ReactNode;
}

/** A part of a page under a heading of its own. */
export function Section({ title, children }: SectionProps) {
  return (
    <section className="page-section">
      <h3>{title}</h3>
      {children}
    </section>
  );
}
