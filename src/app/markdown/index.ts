/** The Markdown room: how the text of an answer becomes what a person reads. */
import './markdown.css';

export { Markdown } from './markdown';
export { plainText } from './plain-text';
export { splitBlocks, type Block, type SplitText } from './splitter';
export { splitThinking, type ThoughtAndAnswer } from '../../lib/split-thinking';
