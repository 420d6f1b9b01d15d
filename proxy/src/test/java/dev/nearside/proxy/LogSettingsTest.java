package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.ContextInitializer;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.joran.spi.JoranException;
import ch.qos.logback.core.status.NopStatusListener;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What logback makes of a fresh context when it looks for its configuration by itself. */
class LogSettingsTest {
  @TempDir private Path directory;

  @AfterEach
  void forgetProperties() {
    System.clearProperty(LogSettings.FILE_PROPERTY);
    System.clearProperty(LogSettings.LEVEL_VARIABLE);
  }

  @Test
  void configure_nothingSaid_oneAppenderWritesPlainLinesToTheErrorStream() throws Exception {
    LoggerContext context = configured();

    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    assertThat(root.iteratorForAppenders()).toIterable().hasSize(1);
    ConsoleAppender<?> appender = (ConsoleAppender<?>) root.getAppender("stderr");
    assertThat(appender.isStarted()).isTrue();
    assertThat(appender.getTarget()).isEqualTo("System.err");
    assertThat(context.getStatusManager().getCopyOfStatusListenerList())
        .hasOnlyElementsOfType(NopStatusListener.class);
  }

  @Test
  void line_ofAnEvent_hasTimeInUtcLevelShortNameThreadAndMessage() throws Exception {
    Logger root = configured().getLogger(Logger.ROOT_LOGGER_NAME);
    PatternLayoutEncoder encoder =
        (PatternLayoutEncoder) ((ConsoleAppender<?>) root.getAppender("stderr")).getEncoder();

    assertThat(new String(encoder.encode(event()), StandardCharsets.UTF_8))
        .isEqualTo("2026-01-02T03:04:05.678Z WARN  d.n.proxy.tier.ReadPath [loop-1] hello you\n");
  }

  private static ILoggingEvent event() {
    LoggingEvent event = new LoggingEvent();
    event.setLoggerName("dev.nearside.proxy.tier.ReadPath");
    event.setLevel(Level.WARN);
    event.setThreadName("loop-1");
    event.setMessage("hello {}");
    event.setArgumentArray(new Object[] {"you"});
    event.setInstant(Instant.parse("2026-01-02T03:04:05.678Z"));
    return event;
  }

  @ParameterizedTest
  @CsvSource({
    "dev.nearside.proxy.Proxy, INFO",
    "io.netty.channel, WARN",
    "io.lettuce.core.RedisClient, WARN",
    "io.lettuce.core.resource.Transports, ERROR",
    "com.zaxxer.hikari.pool, WARN",
    "reactor.core, WARN"
  })
  void level_nothingSaid_isInfoAndHigherForLibraries(String logger, String level) throws Exception {
    assertThat(configured().getLogger(logger).getEffectiveLevel()).hasToString(level);
  }

  @ParameterizedTest
  @CsvSource({"trace, TRACE", "DEBUG, DEBUG", "off, OFF"})
  void level_said_isThatOfTheRootOnly(String said, String level) throws Exception {
    System.setProperty(LogSettings.LEVEL_VARIABLE, said);

    LoggerContext context = configured();

    assertThat(context.getLogger("dev.nearside").getEffectiveLevel()).hasToString(level);
    assertThat(context.getLogger("io.netty").getLevel()).isEqualTo(Level.WARN);
  }

  @Test
  void file_namedByTheProperty_takesOurPlace() throws Exception {
    Path file = directory.resolve("own.xml");
    Files.writeString(file, "<configuration><root level=\"ERROR\"/></configuration>");
    System.setProperty(LogSettings.FILE_PROPERTY, file.toString());

    Logger root = configured().getLogger(Logger.ROOT_LOGGER_NAME);

    assertThat(root.getLevel()).isEqualTo(Level.ERROR);
    assertThat(root.iteratorForAppenders()).toIterable().isEmpty();
  }

  @Test
  void file_isMissing_oursStay() throws Exception {
    System.setProperty(LogSettings.FILE_PROPERTY, directory.resolve("none.xml").toString());

    Logger root = configured().getLogger(Logger.ROOT_LOGGER_NAME);

    assertThat(root.getLevel()).isEqualTo(Level.INFO);
    assertThat(root.getAppender("stderr")).isNotNull();
  }

  private static LoggerContext configured() throws JoranException {
    LoggerContext context = new LoggerContext();
    new ContextInitializer(context).autoConfig();
    return context;
  }
}
