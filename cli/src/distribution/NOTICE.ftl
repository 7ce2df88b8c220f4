<#ftl encoding="UTF-8">
<#-- The NOTICE of the distribution: that of the repository, the list of the libraries, and their notices. -->
<#include "NOTICE" parse=false>

Libraries
=========

The text of a library's licence is in licences: in the folder with the name of the library or of its group, or for the
licences Apache-2.0, LGPL-2.1 and MPL-2.0 in the file with the name of the licence. The text of GPL-3.0 is in LICENSE.

<#list dependencyMap as entry>
<#assign library = entry.key>
<#-- PrepareJars modifies the former; the build repacks the driver of DuckDB. -->
<#assign modified = library.artifactId?matches("(pekko|picocli|scala-library|slick).*|duckdb_jdbc")>
${(library.groupId + ":" + library.artifactId + ":" + library.version)?right_pad(70)}${entry.value?join(" or ")}${modified?string(", modified", "")}
</#list>

Notices of the libraries
========================
<#assign librariesByNotice = {}>
<#list dependencyMap as entry>
<#assign library = entry.key.artifactId>
<#list ["NOTICE", "NOTICE.txt", "NOTICE.md"] as file>
<#list [library, entry.key.groupId] as folder>
<#assign notice><#include "licences/" + folder + "/" + file parse=false ignore_missing=true></#assign>
<#if notice?has_content>
<#assign librariesByNotice = librariesByNotice + {notice: (librariesByNotice[notice]![]) + [library]}>
</#if>
</#list>
</#list>
</#list>
<#list librariesByNotice?keys as notice>

${librariesByNotice[notice]?join(",\n")}
------------------------------------------------------------------------------------------------------------------------
${notice}
</#list>
