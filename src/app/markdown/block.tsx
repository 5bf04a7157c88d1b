/** One block of a text. It is parsed when its own source changes, and only then. */
import { Component, memo, useMemo, type ReactNode } from 'react';
import ReactMarkdown from 'react-markdown';
import { CodeBlock } from './code-block';
import { components, ELEMENTS } from './elements';
import { grammar } from './grammar';
import { definitionsFor, readCode, type Block, type Definitions } from './splitter';
import { presentable, presentableCode } from './unfinished';

interface BlockViewProps {
  readonly kind: Block['kind'];
  readonly source: string;
  /** This is the end of a text that grows. */
  readonly growing: boolean;
  readonly definitions: Definitions;
}

export const BlockView = memo(function BlockView({ kind, source, growing, definitions }: BlockViewProps) {
  if (kind === 'code') {
    const whole = readCode(source);
    const finished = whole.closed || !growing;
    const { language, value } = finished ? whole : readCode(presentableCode(source));
    return <CodeBlock language={language} value={value} finished={finished} />;
  }
  const prefix = definitionsFor(source, definitions);
  const shown = growing ? presentable(source) : { source, formulaPending: false };
  return (
    <AsWritten source={source}>
      <Prose source={prefix + shown.source} prefixLength={prefix.length} formulaPending={shown.formulaPending} />
    </AsWritten>
  );
});

/** Text that the parser breaks on is shown as it was written: no answer is ever lost to its form. */
class AsWritten extends Component<{ readonly source: string; readonly children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override componentDidUpdate(previous: { readonly source: string }): void {
    // A block that has grown gets another try.
    // oxlint-disable-next-line react/no-did-update-set-state
    if (previous.source !== this.props.source && this.state.broken) this.setState({ broken: false });
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <p className="md-as-written" dir="auto">
        {this.props.source}
      </p>
    );
  }
}

interface ProseProps {
  readonly source: string;
  readonly prefixLength: number;
  readonly formulaPending: boolean;
}

/** Parses: this is what costs. */
const Prose = memo(function Prose({ source, prefixLength, formulaPending }: ProseProps) {
  const plugins = useMemo(() => grammar({ prefixLength, formulaPending }), [prefixLength, formulaPending]);
  return (
    <ReactMarkdown
      remarkPlugins={plugins}
      components={components}
      allowedElements={ELEMENTS}
      unwrapDisallowed
      urlTransform={(address) => address} // elements.tsx judges them
    >
      {source}
    </ReactMarkdown>
  );
});
