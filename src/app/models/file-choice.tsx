/** Which of the GGUF models of a repository it is to be. */
import { useId } from 'react';
import type { Inspection } from '../../client';
import { formatBytes } from '../format';
import { useApp } from '../state/use-app';
import { strings } from './offer-strings';

interface FileChoiceProps {
  /** As `owner/name`, with the file or without. */
  readonly modelId: string;
  readonly files: Inspection['files'];
}

export function FileChoice({ modelId, files }: FileChoiceProps) {
  const lookAt = useApp((state) => state.lookAt);
  const id = useId();
  const [repository = modelId] = modelId.split(':');
  return (
    <div className="field">
      <label htmlFor={id}>{strings.file}</label>
      <select
        id={id}
        className="context-choice"
        value={files.find(({ isThis }) => isThis)?.path}
        onChange={(event) => void lookAt(`${repository}:${event.target.value}`)}
      >
        {files.map(({ path, bytes }) => (
          <option key={path} value={path}>
            {bytes === null ? path : strings.fileOption({ file: path, size: formatBytes(bytes) })}
          </option>
        ))}
      </select>
    </div>
  );
}
