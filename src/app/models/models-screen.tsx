/** The shelf of models: what is here and what can be had, and what all of it takes on this machine. */
import { useEffect } from 'react';
import { useApp } from '../state/use-app';
import { Page } from '../ui/page';
import { ProblemWords } from '../ui/problem-words';
import { ModelCard } from './model-card';
import { ShelfStatus } from './shelf-status';
import { StorageSection } from './storage-section';
import { strings } from './strings';
import './models.css';

export default function ModelsScreen() {
  const openShelf = useApp((state) => state.openShelf);
  useEffect(() => void openShelf(), [openShelf]);
  return (
    <Page title={strings.title} lead={strings.lead}>
      <Shelf />
      <StorageSection />
      <ShelfStatus />
    </Page>
  );
}

function Shelf() {
  const reports = useApp((state) => state.modelReports);
  const problem = useApp((state) => state.shelfProblem);
  const openShelf = useApp((state) => state.openShelf);
  return (
    <>
      {problem && (
        <div className="problem" role="alert">
          <p>{strings.cannotRead}</p>
          <ProblemWords problem={problem} />
          <button type="button" className="main-button" onClick={() => void openShelf()}>
            {strings.tryAgain}
          </button>
        </div>
      )}
      {!reports && !problem && <p className="aside">{strings.reading}</p>}
      {reports && (
        <ul className="shelf" aria-label={strings.shelf}>
          {reports.map((report) => (
            <ModelCard key={report.modelId} report={report} />
          ))}
        </ul>
      )}
    </>
  );
}
