/** Keeps a fault in one screen from taking the page with it: says so, and shows the screen again on request. */
import { Component, type ReactNode } from 'react';
import { log } from '../../lib/log';
import { wordsOf } from '../strings';
import { frame } from '../strings/en/frame';

const strings = wordsOf('frame', frame);

interface ErrorBoundaryProps {
  readonly children: ReactNode;
}

export class ErrorBoundary extends Component<ErrorBoundaryProps, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidCatch(error: Error): void {
    log.error('screen-broke', { message: error.message });
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    // A chunk that could not be fetched stays missing for this page, so only a reload can mend that.
    const isMissing = /import|module|fetch|chunk/i.test(error.message) && error instanceof TypeError;
    return (
      <main className="page">
        <div className="problem" role="alert">
          <p className="problem-message">{isMissing ? strings.partMissing : strings.pageBroke}</p>
          <p>{isMissing ? strings.partMissingHint : strings.pageBrokeHint}</p>
          <p className="problem-detail">{error.message}</p>
          <button
            type="button"
            className="main-button"
            onClick={() => (isMissing ? location.reload() : this.setState({ error: null }))}
          >
            {isMissing ? strings.reload : strings.showAgain}
          </button>
        </div>
      </main>
    );
  }
}
