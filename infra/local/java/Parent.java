import java.io.IOException;
import java.io.InputStream;

/** Ends this process when the process that started it is gone: its end of our standard input closes then, on every system. */
final class Parent {
  private Parent() {}

  /** Starts watching, on a thread that keeps nothing alive. Standard input must be a pipe that the parent holds open. */
  static void watch() {
    Thread watcher = new Thread(Parent::exitAtEndOfInput, "parent");
    watcher.setDaemon(true);
    watcher.start();
  }

  private static void exitAtEndOfInput() {
    try (InputStream in = System.in) {
      while (in.read() >= 0) {
        // Nothing is ever sent: only the end matters.
      }
    } catch (IOException gone) {
      // A broken pipe says the same as its end.
    }
    System.exit(0);
  }
}
