/**
 * Questions that must be answered before anything goes on: a room's password, and whether somebody is sure. Each
 * is a dialog of the page, answered once.
 */
import { find, setText } from '../hud/page.js';

/** A dialog with a form: sent, or closed in any other way. */
class Question {
  /** @type {((isSent: boolean) => void) | undefined} */
  #answer = undefined;

  /** @param {string} id */
  constructor(id) {
    this.dialog = find(document, id, HTMLDialogElement);
    this.form = find(this.dialog, 'form', HTMLFormElement);
    this.title = find(this.dialog, 'h2', HTMLElement);
    this.text = find(this.dialog, 'p', HTMLElement);
    this.submit = find(this.dialog, '[type=submit]', HTMLButtonElement);
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#close(true);
    });
    find(this.dialog, '.cancel', HTMLButtonElement).addEventListener('click', () => this.dialog.close());
    this.dialog.addEventListener('close', () => this.#close(false));
  }

  /**
   * @param {string} title
   * @param {string} text
   * @returns {Promise<boolean>} whether the form was sent
   */
  open(title, text) {
    // Who is asked something else has not answered this.
    this.#close(false);
    setText(this.title, title);
    setText(this.text, text);
    this.dialog.showModal();
    return new Promise((resolve) => (this.#answer = resolve));
  }

  /** @param {boolean} isSent */
  #close(isSent) {
    const answer = this.#answer;
    this.#answer = undefined;
    if (this.dialog.open) this.dialog.close();
    answer?.(isSent);
  }
}

export class PasswordQuestion {
  #question = new Question('#password');
  #input = find(document, '#password input', HTMLInputElement);

  /**
   * @param {string} room as people call it
   * @param {string} reason why it is asked for
   * @returns {Promise<string | undefined>} nothing if somebody would rather not
   */
  async ask(room, reason) {
    this.#input.value = '';
    const isSent = await this.#question.open(`Password of ${room}`, reason);
    const { value } = this.#input;
    this.#input.value = '';
    return isSent ? value : undefined;
  }
}

export class Confirmation {
  #question = new Question('#confirmation');

  /**
   * @param {string} title what is to be done
   * @param {string} text what comes of it
   * @param {string} verb what the button says
   * @returns {Promise<boolean>}
   */
  ask(title, text, verb) {
    setText(this.#question.submit, verb);
    return this.#question.open(title, text);
  }
}
