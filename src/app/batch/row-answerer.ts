/** Who answers the rows of a batch: this device's model, or one on a server where the person has chosen so for the batch. */
import type { HearthClient, LocalModel } from '../../client';
import type { RemoteChoice } from '../chats/types';
import { strings } from './strings';

export type RowAnswerer = Pick<LocalModel, 'id' | 'label' | 'chat'>;

/** Nothing is asked before the first row. */
export function answererAt({ remote }: Pick<HearthClient, 'remote'>, { endpoint, model }: RemoteChoice): RowAnswerer {
  const label = strings.modelAt({ model, host: new URL(endpoint).host });
  // With its host it is no model of the catalogue, whose sampling is meant for this device's.
  return { id: label, label, chat: (messages, options) => remote.model(endpoint, model).chat(messages, options) };
}
