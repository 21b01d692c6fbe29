import java.net.InetSocketAddress;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.main.CommandLineInput;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBRequestHandler;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBServerHandler;

/**
 * DynamoDB Local on 127.0.0.1 only. Its own runner listens on every interface and takes no host, so this one makes the web
 * server itself and hands it the same handlers. It takes the arguments of the original, ignores
 * {@code -port} (the system picks a free one), sends no telemetry, and prints {@code listening PORT} once it accepts calls.
 */
public final class LoopbackDynamoDB {
  // The logging system would collect a logger that nobody refers to, with its level.
  private static final Logger SQLITE = Logger.getLogger("com.almworks.sqlite4java");

  private LoopbackDynamoDB() {}

  public static void main(String[] args) throws Exception {
    Parent.watch();
    SQLITE.setLevel(Level.WARNING);
    CommandLineInput options = new CommandLineInput(args);
    if (!options.init()) {
      System.exit(2);
    }
    LocalDynamoDBServerHandler handler =
        new LocalDynamoDBServerHandler(
            new LocalDynamoDBRequestHandler(
                0, options.isInMemory(), options.getDbPath(), options.getSharedDb(), options.shouldDelayTransientStatuses()),
            options.getCorsParams());
    Server server = new Server(new InetSocketAddress("127.0.0.1", 0));
    // Port 1 is never opened: this object only dresses our handler as the original does.
    server.setHandler(new DynamoDBProxyServer(1, handler).setUpHandler(handler));
    server.start();
    // On the way out the databases are closed, so that what was kept on disk is whole.
    Runtime.getRuntime().addShutdownHook(new Thread(handler::close));
    System.out.println("listening " + ((ServerConnector) server.getConnectors()[0]).getLocalPort());
    server.join();
  }
}
