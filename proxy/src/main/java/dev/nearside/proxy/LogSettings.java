package dev.nearside.proxy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.DefaultJoranConfigurator;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.status.NopStatusListener;
import java.util.Map;

/**
 * What is logged, and how: plain lines on the standard error stream, since the standard output
 * belongs to the command line. Logback finds this class as a service and calls it once, from the
 * thread that makes the first logger; it is written in Java because reading the same from XML costs
 * a tenth of a start.
 *
 * <p>A file that {@code -Dlogback.configurationFile=} names takes its place. Services come before
 * logback's own search for files, so that this class has to look.
 */
public final class LogSettings extends ContextAwareBase implements Configurator {
  static final String FILE_PROPERTY = "logback.configurationFile";
  static final String LEVEL_VARIABLE = "NEARSIDE_LOG_LEVEL";
  static final String PATTERN =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX, UTC} %-5level %logger{24} [%thread] %msg%n";

  /** Libraries say little; Transports warns at each connect that epoll and io_uring would do. */
  static final Map<String, Level> LIBRARIES =
      Map.of(
          "io.netty", Level.WARN,
          "io.lettuce", Level.WARN,
          "com.zaxxer.hikari", Level.WARN,
          "reactor", Level.WARN,
          "org.flywaydb", Level.WARN,
          "io.lettuce.core.resource.Transports", Level.ERROR);

  /** Made by the service loader. */
  public LogSettings() {}

  /**
   * Sets up the loggers.
   *
   * @return that nobody else need do so
   */
  @Override
  public ExecutionStatus configure(LoggerContext context) {
    if (!isReadFromFile(context)) {
      context.getStatusManager().add(new NopStatusListener());
      LIBRARIES.forEach((name, level) -> context.getLogger(name).setLevel(level));
      Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
      root.setLevel(level());
      root.addAppender(appender(context));
    }
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  private static boolean isReadFromFile(LoggerContext context) {
    if (System.getProperty(FILE_PROPERTY) == null) {
      return false;
    }
    DefaultJoranConfigurator files = new DefaultJoranConfigurator();
    files.setContext(context);
    return files.configure(context) == ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  private static Level level() {
    String property = System.getProperty(LEVEL_VARIABLE);
    return Level.toLevel(property == null ? System.getenv(LEVEL_VARIABLE) : property, Level.INFO);
  }

  private static Appender<ILoggingEvent> appender(LoggerContext context) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(PATTERN);
    encoder.start();
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setName("stderr");
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();
    return appender;
  }
}
