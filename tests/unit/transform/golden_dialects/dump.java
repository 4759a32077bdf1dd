import com.github.javaparser.JavaParser;
import com.github.javaparser.ParserConfiguration;
import com.github.javaparser.ast.CompilationUnit;
import com.github.javaparser.serialization.JavaParserJsonSerializer;
import jakarta.json.Json;
import java.nio.file.Path;

/** Prints the tree of one source as JavaParser's own serializer writes it. */
public class Dump {
    public static void main(String[] arguments) throws Exception {
        var language = new ParserConfiguration().setLanguageLevel(ParserConfiguration.LanguageLevel.JAVA_21);
        CompilationUnit unit = new JavaParser(language).parse(Path.of(arguments[0])).getResult().get();
        new JavaParserJsonSerializer().serialize(unit, Json.createGenerator(System.out));
    }
}
