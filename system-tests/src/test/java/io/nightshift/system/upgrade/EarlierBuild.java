package io.nightshift.system.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.classfile.attribute.RecordAttribute;
import java.lang.classfile.attribute.RecordComponentInfo;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Derives an earlier build from this one: its version is lower, and some of its records lack their newest
/// components. So its nodes and this build's nodes exchange messages with missing and with unknown
/// components, as in a rolling update.
final class EarlierBuild {

    static final String VERSION = "0.0.9";

    /// Records that nodes exchange, with the number of components that the earlier build lacks.
    private static final Map<String, Integer> GROWN = Map.of(
            "io/nightshift/protocol/register/BatchRegisterCommand$Submit", 2,
            "io/nightshift/protocol/register/BatchRegisterCommand$Accepted", 1,
            "io/nightshift/api/SubmitResult", 1,
            "io/nightshift/protocol/job/Job$ErrorPolicy", 1);

    private EarlierBuild() {}

    /// Creates the distribution of the earlier build.
    ///
    /// @param root the folder to create
    static Distribution of(Distribution build, Path root) throws IOException {
        Path lib = Files.createDirectories(root.resolve("lib"));
        Distribution earlier = new Distribution(root);
        Files.createDirectories(root.resolve("bin"));
        Files.copy(build.launcher(), earlier.launcher());
        try (Stream<Path> files = Files.list(build.root().resolve("lib"))) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                Path here = lib.resolve(name);
                if (name.equals("nightshift-cli.jar") || name.startsWith("nightshift-node-")) {
                    copy(file, here, Set.of());
                } else if (name.startsWith("nightshift-protocol-")) {
                    copy(file, here, grown("io/nightshift/protocol/"));
                } else if (name.startsWith("nightshift-api-")) {
                    copy(file, here, grown("io/nightshift/api/"));
                } else {
                    Files.createSymbolicLink(here, file);
                }
            }
        }
        return earlier;
    }

    /// The records of a module.
    ///
    /// @param folder of the module's packages in its jar
    private static Set<String> grown(String folder) {
        return GROWN.keySet().stream().filter(type -> type.startsWith(folder)).collect(Collectors.toSet());
    }

    private static void copy(Path from, Path to, Set<String> shrinking) throws IOException {
        Set<String> missing = new HashSet<>(shrinking);
        try (JarInputStream in = new JarInputStream(Files.newInputStream(from))) {
            Manifest manifest = in.getManifest();
            manifest.getMainAttributes().put(java.util.jar.Attributes.Name.IMPLEMENTATION_VERSION, VERSION);
            try (OutputStream file = Files.newOutputStream(to);
                    JarOutputStream out = new JarOutputStream(file, manifest)) {
                for (JarEntry entry = in.getNextJarEntry(); entry != null; entry = in.getNextJarEntry()) {
                    byte[] bytes = in.readAllBytes();
                    String type = entry.getName().replaceFirst("\\.class$", "");
                    out.putNextEntry(new JarEntry(entry.getName()));
                    out.write(missing.remove(type) ? shrunk(bytes, GROWN.getOrDefault(type, 0)) : bytes);
                }
            }
        }
        assertThat(missing).as("records that are not there any more").isEmpty();
    }

    /// Removes the last components of a record. Their accessors stay, because the product's code calls them,
    /// and return the default value.
    private static byte[] shrunk(byte[] bytes, int components) {
        ClassFile file = ClassFile.of();
        ClassModel model = file.parse(bytes);
        List<RecordComponentInfo> all =
                model.findAttribute(Attributes.record()).orElseThrow().components();
        List<RecordComponentInfo> kept = all.subList(0, all.size() - components);
        MethodTypeDesc before = constructor(kept);
        boolean isThere = model.methods().stream()
                .anyMatch(method -> method.methodName().equalsString(ConstantDescs.INIT_NAME)
                        && method.methodTypeSymbol().equals(before));
        ClassTransform shrinking = (builder, element) -> {
            if (element instanceof RecordAttribute) {
                builder.with(RecordAttribute.of(kept));
            } else {
                builder.with(element);
            }
        };
        return file.transformClass(
                model,
                isThere
                        ? shrinking
                        : shrinking.andThen(ClassTransform.endHandler(builder -> builder.withMethodBody(
                                ConstantDescs.INIT_NAME,
                                before,
                                ClassFile.ACC_PUBLIC,
                                code -> construct(code, model.thisClass().asSymbol(), all, kept.size())))));
    }

    private static MethodTypeDesc constructor(List<RecordComponentInfo> components) {
        return MethodTypeDesc.of(
                ConstantDescs.CD_void,
                components.stream().map(RecordComponentInfo::descriptorSymbol).toList());
    }

    /// Calls the record's canonical constructor with default values for the missing components.
    private static void construct(CodeBuilder code, ClassDesc type, List<RecordComponentInfo> all, int given) {
        code.aload(code.receiverSlot());
        for (int i = 0; i < all.size(); i++) {
            TypeKind kind = TypeKind.from(all.get(i).descriptorSymbol());
            if (i < given) {
                code.loadLocal(kind, code.parameterSlot(i));
            } else {
                absent(code, kind);
            }
        }
        code.invokespecial(type, ConstantDescs.INIT_NAME, constructor(all)).return_();
    }

    private static void absent(CodeBuilder code, TypeKind kind) {
        switch (kind.asLoadable()) {
            case LONG -> code.lconst_0();
            case DOUBLE -> code.dconst_0();
            case FLOAT -> code.fconst_0();
            case REFERENCE -> code.aconst_null();
            default -> code.iconst_0();
        }
    }
}
