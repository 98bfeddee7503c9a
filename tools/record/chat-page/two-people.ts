/** Two people with a page each, at once: each sees what the other does only when their page asks again. */
import { ask, inBrowser, openPage, reload, startChat } from './page.ts';

export const twoPeople = (origin: string) =>
  inBrowser(async (browser) => {
    const [ada, ben] = [await openPage(browser, origin), await openPage(browser, origin)];
    await startChat(ada, 'Ada’s trees');
    await startChat(ben, 'Ben’s birds');
    // One after the other: which of two is answered first would be another thing in each replay.
    await ask(ada, 'Which trees are evergreen?', '');
    await ask(ben, 'Which birds stay in winter?', '');
    // The list is asked for every five seconds.
    await ada.locator('#chats').getByText('Ben’s birds').waitFor();
    await ada.locator('#chats').getByText('Ben’s birds').click();
    await ada.getByText('Which birds stay in winter?').first().waitFor();
    await ask(ada, 'May I ask here as well?', '');
    await reload(ben);
    await ben.getByText('May I ask here as well?').first().waitFor();
  });
