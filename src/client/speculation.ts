/** Whether the engine can let a draft model guess ahead. Where it is false, the page does not speak of drafts. */
export const SPECULATION: boolean = true;
