import java.util.Arrays;

/** Runs another program's main class under the watch of {@link Parent}: {@code Guarded CLASS ARGUMENTS…}. */
public final class Guarded {
  private Guarded() {}

  public static void main(String[] args) throws Exception {
    Parent.watch();
    String[] rest = Arrays.copyOfRange(args, 1, args.length);
    Class.forName(args[0]).getMethod("main", String[].class).invoke(null, (Object) rest);
  }
}
