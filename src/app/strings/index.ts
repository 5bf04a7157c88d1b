export { chooseLanguage, languages, locale, speak, type Language } from './language';
export { wordsOf, type Catalogue, type Translation, type Words } from './words';
